"""Notes, keys and checkpoints are read and written as their specifications say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, check_growth, cosign, cosignatures, read_checkpoint
from ledger.merkle import MerkleTree
from ledger.notes import LOG_KEY, WITNESS_KEY, LedgerFault, SignedNote, SigningKey, VerifierKey, write_key

PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = (
    f"{TEXT}\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of the note format's first implementation, Go's checksum database."""

SPECIFIED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
"""The example of the specification of cosignatures."""


def test_a_note_of_another_implementation_verifies_and_is_signed_the_same_here() -> None:
    key = VerifierKey.parse(PUBLIC)
    note = SignedNote.parse(SIGNED)
    assert (str(key), str(note)) == (PUBLIC, SIGNED)
    assert note.check([key]) == [key]
    private = SigningKey.parse(PRIVATE)
    assert private.text() == PRIVATE
    assert private.verifier == key
    assert str(SignedNote(TEXT).signed(private)) == SIGNED
    assert PRIVATE.rpartition("+")[2] not in repr(private)


def test_a_changed_text_or_signature_is_refused_and_an_unknown_key_passed_over() -> None:
    key = VerifierKey.parse(PUBLIC)
    with pytest.raises(LedgerFault, match="not that of this text"):
        SignedNote.parse(SIGNED.replace("answer", "reason")).check([key])
    with pytest.raises(LedgerFault, match="not that of this text"):
        SignedNote.parse(SIGNED.replace("yBwJnAM", "yBwJnAA")).check([key])
    assert SignedNote.parse(SIGNED).check([SigningKey.make("PeterNeumann").verifier]) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nPeter x08go\n",
        "te\x00xt\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAA\n",
        "t\n\n— a !\n",
    ],
)
def test_what_is_no_note_is_refused(content: str) -> None:
    with pytest.raises(LedgerFault):
        SignedNote.parse(content)


@pytest.mark.parametrize(
    "text", ["", "a", "a+b", PUBLIC.replace("c74f", "c74e"), PUBLIC.replace("+AR", "+AB"), "a b+0+AA=="]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(LedgerFault):
        VerifierKey.parse(text)
    with pytest.raises(LedgerFault):
        SigningKey.parse("PRIVATE+KEY+" + text)


def test_a_private_key_is_its_owner_s_alone_and_never_overwritten(tmp_path: Path) -> None:
    key = SigningKey.make("example.org/log")
    write_key(key, tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert SigningKey.parse((tmp_path / "key").read_text()) == key
    with pytest.raises(FileExistsError):
        write_key(SigningKey.make("example.org/log"), tmp_path / "key")


def test_the_specified_checkpoint_is_read_and_written_the_same() -> None:
    checkpoint, note = read_checkpoint(SPECIFIED)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == note.text
    assert str(note) == SPECIFIED
    assert [s.name for s in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(note.signatures[1].content[:8], "big") == 1679315147  # the time that the text beside it says


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nAAAA\n",
        "\n1\nCsU=\n",
        "a\n-1\nCsU=\n",
        "a\n1\nroot",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(LedgerFault):
        Checkpoint.parse(text)


def test_a_witness_signs_what_it_saw_with_the_time_and_under_its_own_kind_of_key() -> None:
    log, witness = SigningKey.make("example.org/log", LOG_KEY), SigningKey.make("example.org/witness", WITNESS_KEY)
    note = SignedNote(Checkpoint("example.org/log", 3, bytes(32)).text()).signed(log)
    twice = cosign(cosign(note, witness, seconds=1), witness, seconds=1_700_000_000)
    assert cosignatures(twice, [witness.verifier]) == {"example.org/witness": 1_700_000_000}
    assert len(twice.signatures) == 2
    assert twice.check([log.verifier]) == [log.verifier]
    assert SignedNote.parse(str(twice)) == twice
    with pytest.raises(LedgerFault, match="no witness"):
        cosign(note, log, seconds=1)
    with pytest.raises(LedgerFault, match="not that of this checkpoint"):
        cosignatures(SignedNote(twice.text.replace("3", "4"), twice.signatures), [witness.verifier])


def test_growth_is_shown_and_loss_and_rewriting_are_named() -> None:
    tree = MerkleTree([b"1", b"2", b"3", b"4", b"5"])
    old, new = (Checkpoint("a", size, tree.root(size)) for size in (3, 5))
    check_growth(old, new, tree.consistency(3))
    with pytest.raises(LedgerFault, match="leaves are missing"):
        check_growth(new, old, [])
    with pytest.raises(LedgerFault, match="two ledgers"):
        check_growth(old, Checkpoint("b", 5, tree.root()), tree.consistency(3))
    rewritten = MerkleTree([b"1", b"X", b"3", b"4", b"5"])
    with pytest.raises(LedgerFault, match="not what it holds there now"):
        check_growth(old, Checkpoint("a", 5, rewritten.root()), rewritten.consistency(3))
