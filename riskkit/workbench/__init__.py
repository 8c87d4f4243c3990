"""What people touch and read: runs, pages, documents, dashboards and the command line."""
