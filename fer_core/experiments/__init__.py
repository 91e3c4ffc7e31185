"""Runs on disk, and what is made of them: training pipelines, studies, benchmarks, model cards."""
