"""A first mapping written from the files of a folder, by what their columns are called and hold."""
