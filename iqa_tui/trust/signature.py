"""What starts is what its owner queued, here, byte for byte.

A launch signs each run: with a key of the user's own (mode 0600, in the state folder) over the bytes of the spec and of
the environment, the folder and the host. A run that was copied, restored, edited or made by hand has no valid signature
and starts only once its owner adopts it. What runs is what was verified: the bytes are read once and handed on.
Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from dataclasses import asdict, dataclass, replace

from iqa_tui.errors import LaunchError
from iqa_tui.processes.marks import renumbers
from iqa_tui.trust.signing_key import key_path, key_to_sign_with, read_key
from iqa_tui.trust.state_folder import state_folder
from iqa_tui.words.people import user_name
from training.runfolder.descriptors import descriptor_in
from training.runfolder.engines import RECORDED, SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.held import Openness, held, open_to_others
from training.runfolder.host import host_name, machine_id
from training.runfolder.layout import RunFolder
from training.runfolder.opening import read_bounded
from training.runfolder.read import parse_record, read_record
from training.runfolder.schema import Environment, Signature
from training.runfolder.spec import Spec
from training.runfolder.write import record_bytes, write_atomic, write_record


class NotSigned(LaunchError):
    """A run that this user did not queue on this host as it is now; the text says why in a few words."""

    def __init__(self, words: str, *, can_be_adopted: bool = True) -> None:
        super().__init__(words)
        self.can_be_adopted = can_be_adopted


@dataclass(frozen=True, slots=True)
class Signed:
    """A run whose signature is valid, made of the very bytes that were verified."""

    spec: Spec
    variables: dict[str, str]
    """Of the launching shell."""
    spec_sha256: str = ""
    environment_sha256: str = ""


def write_signed(run: RunFolder, spec: Spec, variables: dict[str, str]) -> None:
    """Queue a run: its environment, its signature and, last, its spec, which makes the folder a run.

    Args:
        run: an empty folder of ours.
        variables: what its trainer shall find in its environment.

    Raises:
        LaunchError: there is no state folder for the key.
        OSError: the folder cannot be written.
    """
    environment = record_bytes(Environment(variables))
    with held(run) as there:
        write_atomic(there.environment, environment, mode=0o600)
        blank = Signature("", 0, spec.created, *_here(spec), "", "", "", "")
        _sign(there, record_bytes(spec), environment, blank)
        write_record(there.spec, spec)


def sign_run(run: RunFolder, *, variables: dict[str, str], origin: str = "", device_kind: str = "") -> None:
    """Sign a run that exists as if it had been queued here, with the environment that is given now.

    Args:
        run: in a folder of ours.
        variables: what its trainer shall find in its environment.
        origin: where the run came from, in words.
        device_kind: gpu or cpu, for a spec that does not say it.

    Raises:
        LaunchError: there is no state folder for the key.
        RunFolderError: its spec cannot be read.
        OSError: the folder cannot be written.
    """
    with held(run) as there:
        spec = read_bounded(there.spec)
        here = _here(parse_record(spec, Spec, there.spec))
        environment = record_bytes(Environment(variables))
        write_atomic(there.environment, environment, mode=0o600)
        blank = Signature("", 0, 0.0, *here, "", "", "", "", device_kind, origin)
        _sign(there, spec, environment, blank)


def _here(spec: Spec) -> tuple[str, str]:
    """Host and machine that a run is queued on. Every login node of a cluster may submit its Slurm runs."""
    if spec.engine == SLURM:
        return f"cluster {spec.slurm.get('cluster', '')}", ""
    return host_name(), machine_id()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sign(run: RunFolder, spec: bytes, environment: bytes, blank: Signature) -> None:
    unsigned = replace(
        blank,
        by=user_name(),
        user_id=os.geteuid(),
        when=blank.when or time.time(),
        place=place_of(run),
        spec_sha256=_sha256(spec),
        environment_sha256=_sha256(environment),
    )
    write_record(run.signature, replace(unsigned, mac=_mac(unsigned, key_to_sign_with())))


def verify(run: RunFolder) -> Signed:
    """The run as its owner queued it here. What is started must be made of what this returns.

    Raises:
        NotSigned: it must not be started; the text says why, without the run's name.
        RunFolderError: a record cannot be read.
        OSError: the folder cannot be read.
    """
    with held(run) as there:
        signature = read_record(there.signature, Signature)
        if signature is None:
            raise NotSigned("it was not queued by this program on this host")
        spec, environment = read_bounded(there.spec), _environment_bytes(there)
        parsed = parse_record(spec, Spec, there.spec)
        _check(there, signature, parsed, spec, environment)
        if parsed.engine == RECORDED:  # a signature on it would change nothing: there is nothing that could be started
            raise NotSigned("it was imported, and nothing of it is ever started", can_be_adopted=False)
        if not parsed.device_kind:
            parsed = replace(parsed, device_kind=signature.device_kind)
        variables = parse_record(environment, Environment, there.environment).variables
        return Signed(parsed, variables, _sha256(spec), _sha256(environment))


def _environment_bytes(run: RunFolder) -> bytes:
    try:
        return read_bounded(run.environment)
    except FileNotFoundError:
        raise NotSigned("its environment.json is gone") from None


def _check(run: RunFolder, signature: Signature, parsed: Spec, spec: bytes, environment: bytes) -> None:
    """Raises NotSigned with the signed thing that has changed; if none has, the key is another one."""
    folder = descriptor_in(run.path)
    if signature.user_id != os.geteuid():
        raise NotSigned(f"{signature.by} queued it, and not you")
    if (signature.host, signature.machine) != _here(parsed):
        raise NotSigned(f"it was queued on {signature.host}")
    if signature.place != place_of(run):
        raise NotSigned("its folder is a copy of the one that was queued")
    if _sha256(spec) != signature.spec_sha256:
        raise NotSigned("its spec.json was changed after it was queued")
    if _sha256(environment) != signature.environment_sha256:
        raise NotSigned("its environment.json was changed after it was queued")
    key = read_key()
    if key is None:
        state_folder()  # says what is wrong with it, if that is why
        raise NotSigned(f"there is no key of yours at {key_path()} that could have signed it")
    told = signature.mac.encode(errors="surrogatepass")
    if not hmac.compare_digest(told, _mac(signature, key).encode()):
        raise NotSigned("its signature was not made by your key")
    if folder is not None and (found := open_to_others(folder)) is not None:
        raise NotSigned(f"{found.words}: {openness_remedy(found, run)}", can_be_adopted=False)


def openness_remedy(found: Openness, run: RunFolder) -> str:
    """What to do about something in a run's folder that is not its owner's alone."""
    if found.can_be_closed:
        return f"`chmod -R go-w {run.shown}` closes it, if what is in it is still yours"
    return f"move it out of {run.shown}, or ask its owner"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run is not started in this user's name here, and what to do about it."""

    kind: str
    """`queued elsewhere`, `not started`, …, for its row."""
    why: str
    remedy: str = ""

    @property
    def words(self) -> str:
        """The reason with what to do."""
        return f"{self.why}; {self.remedy}" if self.remedy else self.why


def refusal_of(run: RunFolder) -> Refusal | None:
    """Why this run must not be started by this user here; None if it may.

    Never raises: what cannot be read must not be started either.
    """
    try:
        verify(run)
    except NotSigned as error:
        if not error.can_be_adopted:
            return Refusal("not started", str(error))
        return Refusal("queued elsewhere", str(error), f"`iqa-tui adopt {run.run_id}` shows it and queues it here")
    except (RunFolderError, LaunchError, OSError) as error:
        return Refusal("whether it was queued here cannot be checked", str(error))
    return None


def why_not_signed(run: RunFolder) -> str:
    """As `refusal_of`, in words for the run's row; empty if it may be started."""
    refusal = refusal_of(run)
    return "" if refusal is None else f"{refusal.kind}: {refusal.words}"


def place_of(run: RunFolder) -> str:
    """What identifies a folder, however it is renamed: its inode number; its path if that number may change.

    Args:
        run: held.
    """
    descriptor = descriptor_in(run.path)
    if descriptor is None:
        raise ValueError(f"{run.path} is not held")
    if renumbers(run.path):
        return f"path {run.shown}"
    return f"inode {os.fstat(descriptor).st_ino}"


def _mac(signature: Signature, key: bytes) -> str:
    signed = {name: value for name, value in asdict(signature).items() if name != "mac"}
    content = json.dumps(signed, sort_keys=True, ensure_ascii=True).encode()
    return hmac.new(key, content, hashlib.sha256).hexdigest()
