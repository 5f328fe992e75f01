"""One HTML file with tables and plots of what lies in an output folder."""

from pushgen.report.build import write_report
from pushgen.report.experiment import write_experiment_report

__all__ = ["write_experiment_report", "write_report"]
