"""Packages of records that are passed on to other authorities."""
