"""Restyling a still with a diffusion model: what the img2img engine is made of.

::

    weights   which model and which additions, by name        schedule    steps that really run
    family    what a pipeline's call takes                    schedulers  samplers by name
    settings  what one request comes to on that family        words       prompts, and what is cut
    size      through the model's size and back               detail      what the model never saw
    structure what a ControlNet is shown                      preview     looks at unfinished work
    loading   the pipeline, with what is added to it          passages    prompts of any length
    drawing   one run, from the call to its pictures
"""
