"""The steps, in order: `vNNNN_what_it_does.py`. A step that anybody may have taken is never changed again."""
