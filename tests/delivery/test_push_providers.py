"""FCM and APNs field by field against a local HTTP/2 server; Web Push opened by an independent implementation."""

import asyncio
import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.delivery.provider import Answer, Provider, Request
from tests.delivery.provider_http2 import Http2Provider, pem

from pushgen.delivery.channels.answers import ANSWERS, fate_of
from pushgen.delivery.channels.apns import Apns, ApnsConfig
from pushgen.delivery.channels.fcm import Fcm, FcmConfig
from pushgen.delivery.channels.webpush import WebPush, WebPushConfig, decode64, encode64, encrypt, point
from pushgen.errors import ConfigurationError
from pushgen.fakes import FakeClock
from pushgen.protocols import Channel, Fate, Message, Outcome
from pushgen.records import Device, Priority
from pushgen.text.graphemes import grapheme_count

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
CURVE, RSA = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)


def message(address: str = "token-1", body: str = "Body 🦄", **keys: str) -> Message:
    device = Device(device_id="d1", user_id="u1", channel="x", address=address, keys=keys, seen_at=NOW)
    return Message(
        key=KEY, user_id="u1", device=device, title="Title", body=body, link="app://x", media="https://e.org/i.png",
        campaign_id="news", push_id="p1", priority=Priority.HIGH, expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip


def send(make: Callable[[], Channel], *messages: Message) -> list[Outcome]:
    async def go() -> list[Outcome]:
        channel = make()
        found = list(await asyncio.gather(*(channel.send(one) for one in messages)))
        await channel.close()
        return found

    return asyncio.run(go())


class TestFcm:
    def make(self, folder: Path, provider: Http2Provider) -> Callable[[], Fcm]:
        account = {"client_email": "me@example.org", "private_key": pem(RSA), "project_id": "app",
                   "token_uri": provider.url + "/token"}  # fmt: skip
        (folder / "account.json").write_text(json.dumps(account))
        config = FcmConfig(service_account=str(folder / "account.json"), url=provider.url)
        return lambda: Fcm(config, FakeClock(NOW), provider.trust)

    def answers(self, status: int = 200, error: dict[str, Any] | None = None) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            if request.path == "/token":
                return Answer(200, {}, b'{"access_token": "granted", "expires_in": 3600}')
            body = {"name": "projects/app/messages/1"} if error is None else {"error": error}
            return Answer(status, {}, json.dumps(body).encode())

        return answer

    def test_the_request_field_by_field(self, tmp_path: Path) -> None:
        with Http2Provider(tmp_path, self.answers()) as provider:
            found = send(self.make(tmp_path, provider), *[message()] * 5)
        assert found == [Outcome(fate=Fate.ACCEPTED, provider_id="projects/app/messages/1")] * 5
        token, *pushes = provider.requests
        assert [request.path for request in provider.requests] == ["/token", *["/v1/projects/app/messages:send"] * 5]
        assert provider.connections == 1
        assertion = token.body.decode().split("assertion=")[1]
        claims = jwt.decode(assertion, RSA.public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False,
                            "verify_aud": False})  # fmt: skip
        assert claims["iss"] == "me@example.org"
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        assert claims["aud"] == provider.url + "/token"
        assert claims["exp"] - claims["iat"] == 3600
        assert pushes[0].headers["authorization"] == "Bearer granted"
        assert json.loads(pushes[0].body) == {
            "message": {
                "token": "token-1",
                "notification": {"title": "Title", "body": "Body 🦄", "image": "https://e.org/i.png"},
                "data": {"key": KEY, "push_id": "p1", "campaign_id": "news", "link": "app://x"},
                "android": {
                    "collapse_key": KEY, "priority": "HIGH", "ttl": "3600s", "notification": {"tag": KEY},
                },
            }
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("status", "code", "fate"),
        [
            (404, "UNREGISTERED", Fate.DEAD_TOKEN),
            (400, "INVALID_ARGUMENT", Fate.DROP),
            (403, "SENDER_ID_MISMATCH", Fate.DROP),
            (429, "QUOTA_EXCEEDED", Fate.RETRY),
            (503, "UNAVAILABLE", Fate.RETRY),
            (500, "INTERNAL", Fate.RETRY),
            (401, "THIRD_PARTY_AUTH_ERROR", Fate.MISCONFIGURED),
        ],
    )
    def test_documented_errors(self, tmp_path: Path, status: int, code: str, fate: Fate) -> None:
        detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
        error = {"code": status, "status": "OTHER", "details": [{"@type": "x"}, detail]}
        with Http2Provider(tmp_path, self.answers(status, error)) as provider:
            (found,) = send(self.make(tmp_path, provider), message())
        assert (found.fate, found.code) == (fate, code)

    def test_a_project_that_does_not_exist_kills_no_token(self, tmp_path: Path) -> None:
        error = {"code": 404, "status": "NOT_FOUND"}
        with Http2Provider(tmp_path, self.answers(404, error)) as provider:
            (found,) = send(self.make(tmp_path, provider), message())
        assert found.fate is Fate.MISCONFIGURED

    @pytest.mark.parametrize(("status", "fate"), [(400, Fate.MISCONFIGURED), (503, Fate.RETRY)])
    def test_no_access_token(self, tmp_path: Path, status: int, fate: Fate) -> None:
        with Http2Provider(tmp_path, lambda _: Answer(status)) as provider:
            (found,) = send(self.make(tmp_path, provider), message())
        assert (found.fate, found.code) == (fate, f"token: HTTP {status}")

    def test_a_long_body_is_cut_between_graphemes(self, tmp_path: Path) -> None:
        with Http2Provider(tmp_path, self.answers()) as provider:
            send(self.make(tmp_path, provider), message(body="👩‍🚀" * 2000))
        body = provider.requests[1].body
        text = json.loads(body)["message"]["notification"]["body"]
        assert 4_000 < len(body) <= 4_096
        assert text == "👩‍🚀" * (grapheme_count(text) - 1) + "…"

    def test_a_service_account_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{}")
        for name in ("a.json", "b.json"):
            with pytest.raises(ConfigurationError, match="service_account"):
                Fcm(FcmConfig(service_account=str(tmp_path / name)))


class TestApns:
    def make(self, provider: Http2Provider, clock: FakeClock | None = None) -> Callable[[], Apns]:
        config = ApnsConfig(key=pem(CURVE), key_id="KEY1", team_id="TEAM1", topic="org.example.app", url=provider.url)
        return lambda: Apns(config, clock or FakeClock(NOW), provider.trust)

    def test_the_request_field_by_field(self, tmp_path: Path) -> None:
        with Http2Provider(tmp_path, lambda _: Answer(200, {"apns-id": "their-id"})) as provider:
            found = send(self.make(provider), message(), message())
        assert found == [Outcome(fate=Fate.ACCEPTED, provider_id="their-id")] * 2
        first, second = provider.requests
        scheme, token = first.headers["authorization"].split(" ")
        assert second.headers["authorization"] == first.headers["authorization"]
        assert (scheme, jwt.get_unverified_header(token)) == ("bearer", {"alg": "ES256", "kid": "KEY1", "typ": "JWT"})
        claims = jwt.decode(token, CURVE.public_key(), ["ES256"], options={"verify_iat": False})
        assert claims == {"iss": "TEAM1", "iat": int(NOW.timestamp())}
        sent = {name: first.headers[name] for name in first.headers if name.startswith("apns-")}
        assert sent == {
            "apns-topic": "org.example.app", "apns-push-type": "alert", "apns-priority": "10",
            "apns-id": str(uuid.UUID(KEY)), "apns-collapse-id": KEY,
            "apns-expiration": str(int(NOW.timestamp()) + 3600),
        }  # fmt: skip
        assert (first.method, first.path) == ("POST", "/3/device/token-1")
        assert json.loads(first.body) == {
            "aps": {"alert": {"title": "Title", "body": "Body 🦄"}, "sound": "default"},
            "key": KEY, "push_id": "p1", "campaign_id": "news", "link": "app://x",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("status", "reason", "fate"),
        [
            (400, "BadDeviceToken", Fate.DEAD_TOKEN), (410, "Unregistered", Fate.DEAD_TOKEN),
            (400, "DeviceTokenNotForTopic", Fate.DROP), (413, "PayloadTooLarge", Fate.DROP),
            (403, "InvalidProviderToken", Fate.MISCONFIGURED), (400, "BadTopic", Fate.MISCONFIGURED),
            (429, "TooManyRequests", Fate.RETRY), (503, "Shutdown", Fate.RETRY), (500, "NewWord", Fate.RETRY),
        ],
    )  # fmt: skip
    def test_documented_errors(self, tmp_path: Path, status: int, reason: str, fate: Fate) -> None:
        with Http2Provider(tmp_path, lambda _: Answer(status, {}, json.dumps({"reason": reason}).encode())) as provider:
            (found,) = send(self.make(provider), message())
        assert (found.fate, found.code) == (fate, reason)

    def test_the_token_is_renewed(self, tmp_path: Path) -> None:
        clock = FakeClock(NOW)

        async def go() -> None:
            channel = self.make(provider, clock)()
            for _ in range(3):
                await channel.send(message())
                clock.advance(minutes=25)
            await channel.close()

        with Http2Provider(tmp_path) as provider:
            asyncio.run(go())
        assert len({request.headers["authorization"] for request in provider.requests}) == 2


class TestWebPush:
    receiver = ec.generate_private_key(ec.SECP256R1())
    auth = bytes(range(16))

    def subscription(self, url: str) -> Message:
        return message(url, p256dh=encode64(point(self.receiver.public_key())), auth=encode64(self.auth))

    def make(self, *allowed: str) -> Callable[[], WebPush]:
        config = WebPushConfig(key=pem(CURVE), contact="mailto:ops@example.org", allowed_hosts=allowed)
        return lambda: WebPush(config, FakeClock(NOW))

    def test_the_payload_opens_and_the_sender_is_known(self) -> None:
        with Provider(lambda _: Answer(201, {"location": "https://push/1"})) as provider:
            (found,) = send(self.make("127.0.0.1"), self.subscription(provider.url + "/sub/1"))
        assert found == Outcome(fate=Fate.ACCEPTED, provider_id="https://push/1")
        (request,) = provider.requests
        opened = http_ece.decrypt(request.body, private_key=self.receiver, auth_secret=self.auth, version="aes128gcm")
        assert json.loads(opened) == {
            "title": "Title", "body": "Body 🦄", "link": "app://x", "image": "https://e.org/i.png", "tag": KEY,
            "push_id": "p1", "campaign_id": "news",
        }  # fmt: skip
        scheme, _, rest = request.headers["authorization"].partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        assert fields["k"] == encode64(point(CURVE.public_key()))
        claims = jwt.decode(
            fields["t"], CURVE.public_key(), ["ES256"], audience=provider.url, options={"verify_exp": False}
        )
        assert claims["sub"] == "mailto:ops@example.org"
        assert 0 < claims["exp"] - NOW.timestamp() <= 86_400
        sent = {name: request.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding")}
        assert sent == {"ttl": "3600", "urgency": "high", "topic": KEY, "content-encoding": "aes128gcm"}

    def test_the_example_of_the_standard(self) -> None:
        """RFC 8291, appendix A."""
        private = int.from_bytes(decode64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
        body = encrypt(
            b"When I grow up, I want to be a watermelon",
            {
                "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            },
            salt=decode64("DGv6ra1nlYgDCS1FRnbzlw"),
            sender=ec.derive_private_key(private, ec.SECP256R1()),
        )
        assert encode64(body) == (
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
            "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )

    @pytest.mark.parametrize(("status", "fate"), [(410, Fate.DEAD_TOKEN), (404, Fate.DEAD_TOKEN), (413, Fate.DROP),
                                                  (403, Fate.MISCONFIGURED), (429, Fate.RETRY)])  # fmt: skip
    def test_documented_answers(self, status: int, fate: Fate) -> None:
        with Provider(lambda _: Answer(status)) as provider:
            (found,) = send(self.make("127.0.0.1"), self.subscription(provider.url))
        assert found.fate is fate

    def test_subscriptions_that_cannot_be(self) -> None:
        with Provider() as provider:
            port = provider.url.rsplit(":", 1)[1]
            inside, plain = self.subscription(f"https://localhost:{port}/"), self.subscription("http://example.org/")
            found = send(self.make(), inside, plain, message("https://example.org/", p256dh="x", auth="y"))
            assert provider.requests == []
        assert [outcome.code for outcome in found] == [
            "subscription leads to an address that is not public",
            "subscription is not https",
            "subscription without usable keys",
        ]
        assert {outcome.fate for outcome in found} == {Fate.DEAD_TOKEN}


@pytest.mark.filterwarnings("ignore:.imghdr:DeprecationWarning")
def test_apprise_takes_only_kinds_of_urls_that_were_allowed() -> None:
    from pushgen.delivery.channels.apprise import Apprise, AppriseConfig

    found = send(lambda: Apprise(AppriseConfig()), message("json://127.0.0.1:9/"), message("tgram://nonsense"))
    assert [outcome.code for outcome in found] == ["kind of URL is not allowed", "no Apprise URL"]


def test_the_table_holds_statuses_and_codes_once() -> None:
    for provider, table in ANSWERS.items():
        for code, fate in table.items():
            status = int(code) if code.isdigit() else 418
            assert fate_of(provider, status, None if code.isdigit() else code) is fate
        assert (fate_of(provider, 502), fate_of(provider, 418), fate_of(provider, 204)) == (
            Fate.RETRY,
            Fate.DROP,
            Fate.ACCEPTED,
        )


def test_keys_are_never_repeated_in_errors() -> None:
    secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"
    wrong_curve = pem(ec.generate_private_key(ec.SECP384R1()))
    for text in (secret, wrong_curve, pem(RSA)):
        with pytest.raises(ConfigurationError) as caught:
            Apns(ApnsConfig(key=text, key_id="k", team_id="t", topic="x"))
        assert base64.b64encode(b"secret").decode() not in str(caught.value)
        assert "BEGIN" not in str(caught.value)
