"""Use of the results (tasks 17–22): what enterprises, regulators and the public get out of them."""
