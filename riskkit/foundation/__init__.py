"""Scales, tables, standards, glossary, codes and uncertainty: what every other room stands on."""
