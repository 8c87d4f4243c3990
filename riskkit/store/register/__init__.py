"""The register: evidence records as Parquet, queried by DuckDB."""
