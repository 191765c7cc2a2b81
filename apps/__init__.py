"""The applications, one folder each.

A folder is an app when it holds an `app.py` with one subclass of `shared.app.App`. There is no
list of apps anywhere: `shared.app.discover` looks at the folders, so adding an app means adding
a folder (docs/adding_an_app.md) and a console-script line in setup.cfg.
"""
