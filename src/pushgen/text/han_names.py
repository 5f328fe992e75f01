"""Chinese personal names: a family name and one or two frequent given-name characters between two words that frame it.

Chinese has no capitals, and most family names open common words. A name is reported only where what stands before
and behind it is a boundary: a mark, a title, a verb of saying or acting, a particle. Many names stay unseen.
"""

import re
from collections.abc import Iterator

from pushgen.text.fact import Fact
from pushgen.text.lexicon import word_list

_HAN = re.compile("[\u4e00-\u9fff]")
_LONE = word_list("han_surnames")
_SURNAMES = sorted(_LONE, key=len, reverse=True)
_GIVEN = "".join(sorted(word_list("han_given")))
_GIVEN_PAIR = re.compile(f"[{_GIVEN}]{{1,2}}")
_TITLES = (
    "演员|导演|歌手|主播|网红|老师|选手|主演|明星|球星|球员|作者|作家|教授|医生|律师|记者|主持人|教练|队长|总统|总理|主席|市长|院士|"
    "博士|先生|女士|小姐|同学|师傅|阿姨|叔叔|奶奶|爷爷|大爷|大妈|影帝|影后|天后|天王|男星|女星|嘉宾|偶像|创始人|董事长|总裁|校长|厨师|画家|诗人|"
    "警官|法官|博主|站姐|老板|同志|名将|冠军|男友|女友|丈夫|妻子|老公|老婆|儿子|女儿|父亲|母亲|妈妈|爸爸|前妻|前夫|好友|搭档|经纪人|粉丝"
)
_TITLE = re.compile(_TITLES)
_BEFORE = re.compile(rf"(?:^|[^\u4e00-\u9fff]|{_TITLES}|[和与跟对让给被由是向找问替像遇见访请看听])$")
_ACTS = (
    "出演|主演|饰演|扮演|导演|执导|回应|宣布|表示|透露|回归|结婚|离婚|现身|亮相|加盟|出席|演唱|翻唱|献唱|发文|发声|晒|参加|担任|获得|夺得|拿下|"
    "击败|战胜|首次|终于|竟然|居然|突然|直言|坦言|曝光|去世|逝世|出道|退役|退出|登场|携手|合作|带来|讲述|分享|告诉|教你|开店|创办|打造|走进|来到|"
    "离开|赢得|当选|获奖"
)
_VERBS = (
    f"{_ACTS}|获|称|说|演|唱|写|拍|画|谈|聊|和|与|跟|也|都|又|再|曾|正|将|已|被|把|让|为|在|的|是|有|了|要|想|能|会|不|没|来|去|给"
    "|对|向|一起|一同|同台"
)
_PARTICLES = "了的来去着过吗呢吧啊也都说是在有不就和与跟我你他她它这那们人个战"
_NAME = re.compile(
    rf"(?:{'|'.join(_SURNAMES)})(?:[{_GIVEN}]{{1,2}}(?=$|[^\u4e00-\u9fff]|{_TITLES}|{_VERBS})|(?={_TITLES})"
    # Between a boundary and an act, or a title and a boundary, two characters of any kind are a given name.
    rf"|(?:(?![{_PARTICLES}])[\u4e00-\u9fff]){{2}}(?=$|[^\u4e00-\u9fff]|{_ACTS}))"
)
_FRAMED = re.compile(rf"(?:{_TITLES})$")
_ACT = re.compile(_ACTS)
_WORDS = re.compile(
    "高[兴大能达明清山德雅新智洁峰林龙一二三学小中]|黄[金山河海心花昏牛岛石梅]|马[上路来力术云]|金[银牌色秋融华属子星玉]|白[天色云雪山菜领玉菊莲兰]"
    "|方[便法向面式言正圆]|安[全静心宁排慰康平]|万[一能分物里元亿岁家人千国圣]|江[湖山南西北河水]|余[生额下地]|于[是此]|关[于心注系键门爱]|毛[利毯巾衣]"
    "|成[功为立长]|康[复乐熙]|武[汉功力林术器]|龙[头虾门凤]|景[色区点象]|车[辆间站道主子]|宁[愿静可波夏]|辛[苦勤]|代[表价码言]|石[头油榴]|牛[奶肉人]"
    "|田[园地径间]|林[业子海区]|包[子括容装含子]|丁[香点]|左[右手边]|冷[静清水门]|温[柔暖度馨泉]|尚[未且]|易[如燃]|史[上诗]|雷[达电雨锋]|熊[猫孩]|夏[天季日]"
    "|周[末年围边期日一二三四五六易长]|王[者国子牌朝爷]|张[开口嘴扬贴力望]|李[子]|杨[梅树柳桃]|朱[红雀]|胡[同子椒说萝乱]|唐[朝诗山僧]|宋[朝词]|韩[国剧语式]"
    "|陈[列旧述年醋]|何[必况时等处以为如]|许[多可愿久下]|孔[雀子]|严[重格肃厉]|谢[谢绝]|秦[朝始岭]|梅[花雨]|简[单直约易历]|钟[表情点爱]|徐[徐]|任[何务意性由]"
    "|项[目链]|段[子落]|叶[子片]|莫[名非大如]|顾[客虑]|孟[子]|苏[州打绣联]|程[度序式]|汤[圆]|纪[念录律元]|舒[服适心]|洪[水荒]|吉[他祥林利]|梁[山]|艾[滋草]"
    "|施[工展]|章[节鱼]|齐[全心]|鲁[莽]|曾[经]|甄[别]|石[家]|伍[佰]|郑[州重]|魏[国]|贺[卡岁]|蒙[古]|凌[晨云]|乔[丹装]|祁[连]|霍[乱]|卫[生星衣]|桂[林花圆]|柳[州树]"
    "|柴[米油火]|孙[子]|沈[阳]|安[利阳]|龙[珠]|苏[宁]|庄[园稼严]|桑[拿]|屠[夫]|肖[像]|傅[里]|贾[宝]|樊[笼]|曹[操]"
)
"""Common words, places and the like that begin as a name does."""


def find_han_names(text: str) -> Iterator[Fact]:
    """Personal names in order. None of them is doubtful."""
    end = 0
    for match in _NAME.finditer(text):
        if match.start() < end or (len(match.group()) == 2 and _WORDS.match(text, match.start())):
            continue
        before, whole = text[max(0, match.start() - 3) : match.start()], match.group()
        if not _BEFORE.search(before):
            continue
        if len(whole) == 3 and not _GIVEN_PAIR.fullmatch(whole[1:]):
            acts = _ACT.match(text, match.end()) and (not before or not _HAN.match(before[-1]))
            if not (_FRAMED.search(before) or acts) or _WORDS.match(text, match.start()):
                continue
        if whole in _LONE and (title := _TITLE.match(text, match.end())):  # 李老师: the title belongs to the name
            whole += title.group()
        end = match.start() + len(whole)
        yield Fact(kind="name", text=whole, value=whole, start=match.start(), end=end, firm=whole)
