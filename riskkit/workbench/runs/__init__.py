"""Running notebooks: requests, parameters, workers, folders, records of what ran."""
