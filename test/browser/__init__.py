"""The console in a real browser: Chromium, driven by Playwright. ``make test-browser`` runs it.

Each case has a daemon on a simulated cluster of its own, as a process. It is skipped unless asked
for, and where there is no Chromium or no Playwright.
"""
