"""Public data sets that `pushgen data download` knows."""

from pushgen.logs.download import Release

UPWORTHY = Release(
    name="upworthy",
    listing="https://api.osf.io/v2/nodes/jd64p/files/osfstorage/",
    words=("exploratory", "packages", ".csv"),
    columns=(
        "created_at",
        "updated_at",
        "clickability_test_id",
        "excerpt",
        "headline",
        "lede",
        "slug",
        "eyecatcher_id",
        "impressions",
        "clicks",
        "significance",
        "first_place",
        "winner",
        "share_text",
        "square",
        "test_week",
    ),
    rows=22_666,
    page="https://osf.io/jd64p/",
)
"""The exploratory packages of the Upworthy Research Archive (Matias et al., Scientific Data 2021; CC BY 4.0)."""

RELEASES = {release.name: release for release in (UPWORTHY,)}
