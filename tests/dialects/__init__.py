"""Tests of the dialects, one package each."""
