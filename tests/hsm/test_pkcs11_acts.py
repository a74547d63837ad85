"""The acts of a module's process, here in ours: what it answers to requests that cannot be done."""

import socket
import threading
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.faulty_pkcs11 import FaultyModule
from fakes.softhsm import MODULE, softhsm

from hsm import Pin, Scheme, pkcs11_channel
from hsm.errors import DeviceFaultError
from hsm.pkcs11_acts import Acts
from hsm.pkcs11_channel import Channel
from hsm.pkcs11_device import Pkcs11Device, find_devices
from hsm.pkcs11_driver import end_processes
from hsm.pkcs11_json import read_line, write_line
from hsm.pkcs11_messages import (
    CertificateList,
    Describe,
    Done,
    ListCertificates,
    ListKeys,
    ListSlots,
    Opened,
    Refused,
    SlotList,
    Start,
    TokenName,
    Unlock,
)
from hsm.pkcs11_worker import serve


@pytest.mark.parametrize(
    "request_", [ListSlots(), Describe(TokenName("1", "ann")), Unlock(TokenName("1", "ann"), None)]
)
def test_nothing_is_done_without_a_module(request_: object) -> None:
    """Before it is started every request is refused."""
    assert Acts().answer(request_) == Refused("ModuleNotLoaded")


def test_what_is_no_request_is_refused() -> None:
    """Whatever comes, the process answers and lives on."""
    assert Acts().answer("rubbish") == Refused("TypeError")


@pytest.mark.parametrize("path", ["/none.so", "libc.so.6", __file__])
def test_what_is_no_module_is_not_loaded(path: str) -> None:
    """No file, a library of another kind, and a file that is no library."""
    assert Acts().answer(Start(path)) == Refused("ModuleNotLoaded")


def test_a_module_that_gives_no_functions_is_a_fault(shim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It loads, and refuses to say what it can do."""
    monkeypatch.setenv("PKCS11_SHIM_MODULE", "/none.so")
    end_processes()
    with pytest.raises(DeviceFaultError) as fault:
        find_devices(shim)
    assert (fault.value.serial, fault.value.code) == (str(shim), "CKR_GENERAL_ERROR")


def test_a_login_that_was_never_made_does_nothing(tmp_path: Path) -> None:
    """A number that no login has is refused; one that has is served until the process lets it go."""
    with softhsm(tmp_path / "softhsm", {"ann": PINS["ann"]}):
        acts = Acts()
        assert acts.answer(Start(str(MODULE))) == Done()
        assert acts.answer(ListKeys(1)) == Refused("LoginClosed")
        found = acts.answer(ListSlots())
        assert isinstance(found, SlotList)
        assert found.slots[0].token is not None
        opened = acts.answer(Unlock(found.slots[0].token.name, Pin(PINS["ann"])))
        assert isinstance(opened, Opened)
        assert acts.answer(ListCertificates(opened.login)) == CertificateList(())
        acts.close()


def test_mechanisms_of_which_nothing_is_told_count_for_every_key(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A module without C_GetMechanismInfo is taken at its list; one that fails there is at fault."""
    faulty.spoil("C_GetMechanismInfo 54")
    assert device.refresh().schemes == tuple(Scheme)
    faulty.spoil("C_GetMechanismInfo 30")
    with pytest.raises(DeviceFaultError) as fault:
        device.refresh()
    assert fault.value.code == "CKR_DEVICE_ERROR"


def test_an_answer_that_is_too_long_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token with more to tell than a line can hold is told of as that, and the next request is answered."""

    class Talkative(Acts):
        def answer(self, _request: object) -> object:
            return CertificateList((bytes(10_000),))

    monkeypatch.setattr(pkcs11_channel, "LONGEST_LINE", 1000)
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=serve, args=(Channel(theirs), Talkative()))
    serving.start()
    channel = Channel(ours)
    for number in (1, 2):
        channel.send(write_line(number, ListSlots()))
        assert read_line(channel.receive(10), [Refused]) == (number, Refused("AnswerTooLong"))
    channel.close()
    serving.join()
    theirs.close()
