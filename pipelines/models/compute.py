"""How a diffusion pipeline runs here, in four words: measure, choose, place, and try leaner.

::

    hardware = find_hardware(machine.device)
    pipeline = load(…, dtype=as_dtype(choose_precision(machine, hardware)))
    needs = measure_needs(pipeline, width=1024, height=576, num_frames=25)
    frames, plan = with_leaner_retry(choose(machine, needs, hardware), run)
    details["mode"] = plan.report()

where ``run(plan)`` begins with ``place(pipeline, plan)``.
"""

from pipelines.models.hardware import Hardware, find_hardware
from pipelines.models.needs import MemoryNeeds, measure_needs
from pipelines.models.placement import place, withdraw
from pipelines.models.plan import Plan, as_dtype, choose, choose_precision
from pipelines.models.shortage import with_leaner_retry

__all__ = [
    "Hardware",
    "MemoryNeeds",
    "Plan",
    "as_dtype",
    "choose",
    "choose_precision",
    "find_hardware",
    "measure_needs",
    "place",
    "with_leaner_retry",
    "withdraw",
]
