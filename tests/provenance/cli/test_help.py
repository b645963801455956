"""Help, examples, mistyped words and completion of the command line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from provenance.cli.options import Command as Declared
from provenance.cli.overview import COMMANDS, WIDTH
from provenance.cli.program import NAME, PROGRAM, run
from provenance.cli.stored_help import FOLDER, command_help, unknown_option
from provenance.errors import UsageError
from tests.provenance.cli.conftest import Command

_PROGRAM = (sys.executable, "-m", "provenance")
_COMPLETION = "_PROVENANCE_COMPLETE"


def declared() -> Iterator[tuple[str, Declared]]:
    """Every command and action, with the words that call it."""
    context = click.Context(PROGRAM, info_name=NAME)
    for name in PROGRAM.list_commands(context):
        found = PROGRAM.get_command(context, name)
        if isinstance(found, click.Group):
            for action in found.commands.values():
                assert isinstance(action, Declared)
                yield f"{name} {action.name}", action
        else:
            assert isinstance(found, Declared)
            yield name, found


@pytest.mark.parametrize(
    ("words", "declaration"), list(declared()), ids=lambda value: value if type(value) is str else ""
)
def test_each_command_has_help_with_examples_that_it_accepts(
    words: str, declaration: Declared, command: Command
) -> None:
    result = command(*words.split(), "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: provenance {words} ")
    examples = [f"  {example}" for example in declaration.examples]
    assert max(len(line) for line in result.out.splitlines() if line not in examples) <= WIDTH
    assert declaration.examples
    for example in declaration.examples:
        assert f"\n  {example}\n" in result.out
        typed = shlex.split(example.rpartition(" | ")[2])
        assert typed[: len(words.split()) + 1] == [NAME, *words.split()]
        declaration.make_context(words, typed[len(words.split()) + 1 :])  # raises for an option that is not there


@pytest.mark.parametrize("group", ["hosts", "token"])
def test_a_group_has_an_example_of_each_action_and_whole_sentences(group: str, command: Command) -> None:
    out = command(group, "--help").out
    for words, declaration in declared():
        if words.startswith(f"{group} "):
            assert f"\n  {declaration.examples[0]}\n" in out
    assert "...\n" not in out.partition("Commands:")[2]


def test_every_option_is_explained(command: Command) -> None:
    for words, declaration in declared():
        for parameter in declaration.params:
            assert isinstance(parameter, (click.Option, click.Argument)) and parameter.help, (words, parameter.name)


def test_the_table_and_the_modules_agree() -> None:
    context = click.Context(PROGRAM, info_name=NAME)
    for name in COMMANDS:
        found = PROGRAM.get_command(context, name)
        assert found is not None and found.name == name


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["fnid"], "no such command 'fnid'; did you mean find? (see `provenance --help`)"),
        (["Backtrack"], "no such command 'Backtrack'; did you mean backtrack? (see `provenance --help`)"),
        (["--versoin"], "no such option '--versoin'; did you mean --version? (see `provenance --help`)"),
        (["xyzzy"], "no such command 'xyzzy' (see `provenance --help`)"),
        (["find", "--fiel", "x"], "no such option '--fiel'; did you mean --file? (see `provenance find --help`)"),
        (["find", "--file"], "option '--file' requires an argument (see `provenance find --help`)"),
        (["find", "--file", "x", "y"], "got unexpected extra argument (y) (see `provenance find --help`)"),
        (["find", "--format", "yml"], "invalid value for '--format': 'yml' is not one of "),
        (["token"], "missing command (see `provenance token --help`)"),
        (["token", "lsit"], "no such action 'lsit'; did you mean list? (see `provenance token --help`)"),
        (["token", "create"], "missing option '--scope' (see `provenance token create --help`)"),
        ([], "no command given (see `provenance --help`; `provenance demo` shows an example)"),
        (["x" * 100_000], "no such command 'xxx"),
    ],
)
def test_a_mistyped_word_is_one_line_with_the_nearest_name(words: list[str], line: str, command: Command) -> None:
    result = command(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"provenance: {line}") and result.err.count("\n") == 1


def with_help() -> list[str]:
    """The words that call each command, group and action."""
    return [*COMMANDS, *(words for words, _ in declared() if " " in words)]


@pytest.mark.parametrize("words", with_help())
def test_the_stored_help_is_what_click_prints(
    words: str,
    golden: Callable[[Path, str], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: Command,
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    assert run([*words.split(), "--help"]) == 0
    printed = capfd.readouterr().out
    golden(Path(FOLDER) / f"{words.replace(' ', '-')}.txt", printed)
    assert command(*words.split(), "-h").out == printed


def test_each_stored_help_is_of_a_command() -> None:
    assert sorted(path.stem for path in Path(FOLDER).iterdir()) == sorted(
        words.replace(" ", "-") for words in with_help()
    )


@pytest.mark.parametrize("columns", [60, 79])
@pytest.mark.parametrize("words", ["", *with_help()])
def test_the_help_wraps_to_a_narrow_terminal(
    words: str, columns: int, command: Command, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = command(*words.split(), "--help").out
    text = out.partition("\nExamples:")[0]
    assert max(len(line) for line in text.splitlines() if line.startswith(" ")) <= columns
    if words and words not in ("hosts", "token"):  # Click cuts the summaries of a group's actions
        assert run([*words.split(), "--help"]) == 0
        printed = capfd.readouterr().out.splitlines()
        assert [line.split() for line in out.splitlines()] == [line.split() for line in printed]


def test_a_narrow_list_of_actions_is_complete(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = command("hosts", "--help").out
    monkeypatch.setenv("COLUMNS", "50")
    assert command("hosts", "--help").out.split() == wide.split()


@pytest.mark.parametrize("words", with_help())
@pytest.mark.parametrize(
    "typed",
    ["--xyz", "--sotre x", "--store --x --wied", "--formt=json", "--timezone=x --dyr-run", "- --hlep", "--cc -- --x"],
)
def test_an_unknown_option_has_the_error_that_click_finds(words: str, typed: str) -> None:
    given = [*words.split(), *typed.split()]
    with pytest.raises(UsageError) as error:
        run(given)
    assert unknown_option(given) in (str(error.value), None)


@pytest.mark.parametrize(
    "typed",
    [
        "--file --fiel",
        "--file=--fiel x",
        "--wide",
        "-x --fiel",
        "-- --fiel",
        "--wide=x --fiel",
        "--fiel --help",
        "--file",
    ],
)
def test_no_unknown_option_is_found_where_click_finds_none_or_another_error_first(typed: str) -> None:
    assert unknown_option(["find", *typed.split()]) is None


@pytest.mark.parametrize("words", [["hosts", "../hosts", "-h"], ["hosts", "set", "x", "-h"], ["find", "", "-h"]])
def test_the_help_of_other_words_is_not_looked_up(words: list[str], command: Command) -> None:
    assert command_help(words) is None


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["-h"],
        ["--version"],
        ["fnid"],
        [],
        ["backtrack", "--help"],
        ["hosts", "-h"],
        ["hosts", "set", "-h"],
        ["find", "--fiel"],
    ],
)
def test_the_overview_loads_no_command_and_no_library(words: list[str]) -> None:
    script = (
        "import sys; from provenance.cli import main; main(sys.argv[1:]);"
        "print(sorted(sys.modules.keys() & {'click', 'rich', 'provenance.store', 'provenance.cli.options'}))"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, encoding="utf-8", timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_find_loads_neither_the_parser_nor_the_alert_formats_nor_a_terminal(store: Path) -> None:
    script = (
        "import sys; from provenance.cli import main; main(sys.argv[1:]);"
        "print(sorted(sys.modules.keys() & {'rich', 'msgspec', 'provenance.ingest.pyauparse', 'provenance.alerts',"
        " 'provenance.store.sqlite.writer', 'provenance.trace.story.chain', 'argparse'}))"
    )
    words = ["find", "--store", str(store), "--command", "cu.l"]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, encoding="utf-8", timeout=60)
    first, *_, last = done.stdout.splitlines()
    assert "curl" in first and last == "[]"


def completed(shell: str, typed: str, folder: Path) -> list[str]:
    """The completions of a command line in which the last word is being typed."""
    words = shlex.split(typed) + ([""] if typed.endswith(" ") else [])
    env = dict(os.environ) | {_COMPLETION: f"{shell}_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    if shell == "fish":
        env["COMP_CWORD"] = words[-1]
    done = subprocess.run(_PROGRAM, env=env, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=True)
    return [line for line in done.stdout.splitlines() if line]


def test_completion_in_bash(tmp_path: Path) -> None:
    assert completed("bash", "provenance ba", tmp_path) == ["plain,backtrack"]
    assert completed("bash", "provenance find --form", tmp_path) == ["plain,--format"]
    assert completed("bash", "provenance find --format j", tmp_path)[:1] == ["plain,json"]
    assert completed("bash", "provenance token ", tmp_path) == ["plain,create", "plain,list", "plain,revoke"]
    assert completed("bash", "provenance ingest aud", tmp_path) == ["file,aud"]
    assert completed("bash", "provenance bulk-load --output im", tmp_path) == ["dir,im"]


def test_completion_of_hosts(store: Path, command: Command, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.db"
    assert completed("bash", f"provenance find --store {store} --host W", tmp_path) == ["plain,web01"]
    assert completed("bash", f"provenance find --store {store} --host x", tmp_path) == []
    assert completed("bash", f"provenance find --store {hostile} --host w", tmp_path) == [] and not hostile.exists()
    log = tmp_path / "audit.log"
    event = (
        "node={} type=SYSCALL msg=audit(1795490938.271:7): arch=c000003e syscall=59 success=yes exit=0 items=0 ppid=1 pid=77"
        ' auid=0 uid=0 comm="x" exe="/bin/x"\n'
    )
    log.write_text("".join(map(event.format, ("web02", "w$(id)", "w`id`", "w;id", "-w"))))
    assert command("ingest", "--store", hostile, log).code == 0
    assert completed("bash", f"provenance find --store {hostile} --host ", tmp_path) == ["plain,web02"]


def test_completion_in_zsh_and_fish(tmp_path: Path) -> None:
    assert completed("zsh", "provenance ba", tmp_path)[:2] == ["plain", "backtrack"]
    assert completed("fish", "provenance ba", tmp_path)[0].startswith("plain")


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        (
            "bash",
            'eval "$(_PROVENANCE_COMPLETE=bash_source provenance)"; complete -p provenance; COMP_WORDS=(provenance ba);'
            " COMP_CWORD=1; _provenance_completion provenance; echo ${COMPREPLY[@]}",
        ),
        (
            "zsh",
            'autoload -Uz compinit; compinit -D -u; eval "$(_PROVENANCE_COMPLETE=zsh_source provenance)";'
            ' echo $_comps[provenance]; _describe() { echo ${(P)3} }; words=(provenance ba); CURRENT=2; "$_comps[provenance]"',
        ),
        ("fish", '_PROVENANCE_COMPLETE=fish_source provenance | source; complete -C "provenance ba"'),
    ],
)
def test_the_script_completes_in_the_shell_itself(shell: str, script: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "provenance"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(_PROGRAM)} "$@"\n')
    program.chmod(0o755)
    env = dict(os.environ) | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    env["PYTHONPATH"] = str(Path(__file__).parents[3])
    done = subprocess.run(
        [shell, "-c", script], env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60
    )
    assert "backtrack" in done.stdout.splitlines()[-1], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_the_documented_one(shell: str) -> None:
    usage = (Path(__file__).parents[3] / "docs" / "usage.md").read_text("utf-8")
    assert f"{_COMPLETION}={shell}_source provenance" in usage
    done = subprocess.run(
        _PROGRAM, env=dict(os.environ) | {_COMPLETION: f"{shell}_source"}, capture_output=True, timeout=60
    )
    assert done.returncode == 0 and f"{_COMPLETION}={shell}_complete".encode() in done.stdout


def test_an_unknown_shell_is_wrong_use() -> None:
    env = dict(os.environ) | {_COMPLETION: "powershell_source"}
    done = subprocess.run(_PROGRAM, env=env, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 2 and "expected bash_source, zsh_source, fish_source" in done.stderr
