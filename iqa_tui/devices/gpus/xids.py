"""XIDs: the numbers by which NVIDIA's driver reports errors, sorted by whose fault they are.

Source: NVIDIA, "Xid errors", catalogue for Ampere and later (docs.nvidia.com/deploy/xid-errors). If it advises a reset,
a reboot or a look at the machine, the driver or the hardware failed; if it advises a restart of the application, that
one failed. For the rest the number alone does not tell whether the GPU is still fit.
"""

from __future__ import annotations

HARDWARE = {
    46: "the GPU stopped working and must be reset",
    48: "memory error of two bits, which ECC cannot correct",
    54: "its power cable is not connected",
    62: "its internal controller halted",
    64: "a bad row of its memory could not be replaced",
    74: "NVLink error",
    79: "it has fallen off the bus",
    # The run that met it is dead and the others go on, but the same memory would be given to the next run.
    94: "memory error, contained to one application",
    95: "memory error that may have reached every application",
    110: "security fault",
    119: "its firmware (GSP) does not answer",
    120: "its firmware (GSP) failed",
    136: "NVLink could not be trained",
    140: "memory error that was not corrected",
    143: "it could not be initialised",
    155: "NVLink went down",
    156: "a part of it was retired and needs a reset",
    158: "fatal timeout",
    167: "fatal timeout of its PCIe link",
    169: "its security controller halted",
    171: "memory error that cannot be corrected (DRAM)",
    172: "memory error that cannot be corrected (SRAM)",
}
"""Of the driver or the hardware: no run gets the GPU until a user restores it."""
COPY_ENGINES = (39, 40, 41, 70, 71, 72, 75, 76, 77, 85, *range(126, 136))
VIDEO_ENGINES = (60, 68, 82, 83, 84, 86, 88, 89, *range(96, 106), 139)
APPLICATION = {
    8: "GPU stopped by an application",
    11: "invalid commands of an application",
    13: "exception in a kernel",
    25: "invalid commands of an application",
    31: "a kernel touched memory that it does not own",
    32: "invalid commands of an application",
    43: "GPU stopped by an application",
    44: "fault while applications were switched",
    45: "an application was ended, after its own error or by a kill",
    69: "a kernel used what this GPU does not have",
    **dict.fromkeys(COPY_ENGINES, "exception in a copy"),
    **dict.fromkeys(VIDEO_ENGINES, "exception in a video or picture engine"),
}
"""Any user's own kernel can cause them, and the GPU is well."""
NOTED = {
    63: "a bad row of its memory was replaced; a reset, when there is time for one, completes it",
    92: "many memory errors that were corrected",
    93: "its own store (InfoROM) was written too often",
    109: "an application could not be switched in time",  # an endless kernel causes it as well as a bad GPU
    121: "error of the link to the CPU, corrected",
    137: "NVLink refused an access",
    **dict.fromkeys(range(144, 151), "NVLink event; dmesg tells its severity, the number does not"),
    154: "the driver wants another way of recovery; dmesg says which",
    157: "a part of it could not be retired",
    160: "a channel of its memory was retired",
    161: "a channel of its memory could not be retired",
    168: "it has less memory than before",
}
"""Worth knowing, but no reason to withdraw the GPU."""


def is_hardware(xid: int) -> bool:
    """True if the GPU is to be withdrawn. An unknown number is no proof, so it withdraws nothing."""
    return xid in HARDWARE


def is_application(xid: int) -> bool:
    """True if a run's own fault causes it, so it says nothing of the GPU."""
    return xid in APPLICATION


def meaning(xid: int) -> str:
    """In words; for a number that is not in the catalogue, where to look."""
    known = HARDWARE.get(xid) or APPLICATION.get(xid) or NOTED.get(xid)
    return known or "see NVIDIA's catalogue of XIDs and dmesg"
