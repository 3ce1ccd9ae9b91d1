"""The licences that weights come under, and whether they may earn money.

Read from the licence texts named by ``url``; this is a reading aid, not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Commercial = Literal["yes", "no", "conditional", "unknown"]
"""Whether commercial use is allowed."""


@dataclass(frozen=True)
class Licence:
    """What one licence says about earning money.

    Attributes:
        id: SPDX id, or the model hub's where SPDX has none.
        commercial: whether commercial use is allowed.
        condition: under what condition, in one sentence; empty where there is none.
        url: where the text stands; empty where nobody knows.
    """

    id: str
    commercial: Commercial
    condition: str = ""
    url: str = ""


APACHE = Licence("Apache-2.0", "yes", url="https://www.apache.org/licenses/LICENSE-2.0")

MIT = Licence("MIT", "yes", url="https://opensource.org/license/mit")

OPENRAIL_M = Licence(
    "creativeml-openrail-m",
    "yes",
    "The use restrictions of its Attachment A bind you, and whoever gets the weights from you.",
    "https://huggingface.co/spaces/CompVis/stable-diffusion-license",
)

OPENRAIL_PLUS = Licence(
    "openrail++",
    "yes",
    "The use restrictions of its Attachment A bind you, and whoever gets the weights from you.",
    "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
)

_BELOW_A_MILLION = (
    "Free while your organisation's yearly revenue is below 1,000,000 USD, once registered with "
    "Stability AI; above that it needs their Enterprise licence."
)

STABILITY_COMMUNITY = Licence(
    "stabilityai-ai-community", "conditional", _BELOW_A_MILLION, "https://stability.ai/license"
)

SVD_COMMUNITY = Licence(
    "stable-video-diffusion-community",
    "conditional",
    _BELOW_A_MILLION,
    "https://stability.ai/license",
)

SVD_1_1_COMMUNITY = Licence(
    "stable-video-diffusion-1-1-community",
    "conditional",
    _BELOW_A_MILLION,
    "https://stability.ai/license",
)

SDXL_TURBO = Licence(
    "sai-nc-community",
    "conditional",
    "Its text is for non-commercial use; for commercial use its card refers to "
    "stability.ai/license, which is free below 1,000,000 USD of yearly revenue: read both first.",
    "https://stability.ai/license",
)

SVD_DERIVATIVE = Licence(
    "unknown",
    "unknown",
    "Made from Stable Video Diffusion, so at least that licence's conditions hold; its own terms "
    "were not read.",
    "https://stability.ai/license",
)

UNKNOWN = Licence("unknown", "unknown")

LICENCES = (
    APACHE,
    MIT,
    OPENRAIL_M,
    OPENRAIL_PLUS,
    STABILITY_COMMUNITY,
    SVD_COMMUNITY,
    SVD_1_1_COMMUNITY,
    SDXL_TURBO,
    UNKNOWN,
)
"""Every licence this program knows something about."""


def find_licence(identifier: str) -> Licence:
    """Return the licence called ``identifier``; one we do not know is unknown but keeps its name.

    >>> find_licence("apache-2.0").commercial, find_licence("House-Rules").commercial
    ('yes', 'unknown')
    """
    for licence in LICENCES:
        if licence.id.lower() == identifier.lower():
            return licence
    return Licence(identifier, "unknown")
