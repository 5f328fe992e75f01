"""One HTML file with tables and plots of what lies in an output folder."""

from pushgen.report.build import write_report

__all__ = ["write_report"]
