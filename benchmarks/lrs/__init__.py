"""The record store under load: fills it, starts it as users do, drives it from a process of its own.

`python -m benchmarks.lrs --help` says how; docs/lrs.md says what was found. Other stores are driven by the same client
in the same run, wherever they come from: `--peer name=address,key,secret`.
"""
