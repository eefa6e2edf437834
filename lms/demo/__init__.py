"""The demo company, built through the services that real people use, so that it cannot rot."""
