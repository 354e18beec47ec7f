"""Lists for programs: chosen fields, filters, orders and pages."""
