"""Pages, site and exports: what a reviewer reads."""

from wlz_eval.report.content import PageContent, read_notebook
from wlz_eval.report.exports import released_rows, rows_csv
from wlz_eval.report.page import Link, render_page
from wlz_eval.report.publish import PublishResult, publish
from wlz_eval.report.site import build_site
from wlz_eval.report.studies import publish_studies

__all__ = [
    "Link",
    "PageContent",
    "PublishResult",
    "build_site",
    "publish",
    "publish_studies",
    "read_notebook",
    "released_rows",
    "render_page",
    "rows_csv",
]
