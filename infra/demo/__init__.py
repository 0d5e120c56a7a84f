"""The demo system: a real PostgreSQL and a real HTTP API to operate on; also what the tests run against."""
