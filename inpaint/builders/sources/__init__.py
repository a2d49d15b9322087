"""Where pictures come from: files, folders, archives, manifests and downloads."""
