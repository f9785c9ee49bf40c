"""`treadle import tensorboard` takes over what a real writer of event files wrote, once, again, and while it writes."""
import json
import pathlib
import resource
import signal
import socket
import subprocess
import time

import mlflow
import numpy
import pytest
from tensorboardX import SummaryWriter
from tensorboardX.proto import event_pb2
from treadle_server import binary


@pytest.fixture
def client(server):
    return mlflow.MlflowClient(server.url)


def imported(server, folder, *options, status=0):
    said = server.treadle("import", "tensorboard", folder, *options, "--json", status=status)
    return json.loads(said) if status == 0 else said


def runs_of(client, experiment):
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return {run.info.run_name: run for run in found}


def history(client, run, key):
    return [(point.step, round(point.value, 6)) for point in client.get_metric_history(run.info.run_id, key)]


def test_scalars_come_with_steps_and_times(server, client, tmp_path):
    begin = time.time()
    for name in ("a", "deep/b"):
        with SummaryWriter(str(tmp_path / "sweep" / name)) as writer:
            for step in range(2500):
                writer.add_scalar("loss/train", 1 / (step + 1), step, walltime=begin + step)
            writer.add_scalar("top-1 (%)", 0.5, 7, walltime=begin)
    said = imported(server, tmp_path / "sweep")
    assert (said["runs"], said["files"], said["points"], said["problems"]) == (2, 2, 5002, [])
    runs = runs_of(client, "sweep")
    assert set(runs) == {"a", "deep/b"}
    run = runs["deep/b"]
    assert run.info.status == "FINISHED"
    assert run.info.start_time == round(begin * 1000) and run.info.end_time == round((begin + 2499) * 1000)
    assert history(client, run, "loss/train") == [(step, round(1 / (step + 1), 6)) for step in range(2500)]
    key = next(key for key in run.data.metrics if key.startswith("top-1"))
    assert [point.timestamp for point in client.get_metric_history(run.info.run_id, key)] == [round(begin * 1000)]


def test_again_adds_only_what_is_new(server, client, tmp_path):
    writer = SummaryWriter(str(tmp_path / "again"))
    writer.add_scalar("loss", 1.0, 0)
    writer.flush()
    imported(server, tmp_path / "again")
    writer.add_scalar("loss", 0.5, 1)
    writer.close()
    for _ in range(2):
        imported(server, tmp_path / "again")
        assert history(client, runs_of(client, "again")["again"], "loss") == [(0, 1.0), (1, 0.5)]


def test_hparams_become_params_and_the_rest_is_named(server, client, tmp_path):
    with SummaryWriter(str(tmp_path / "tuned")) as writer:
        writer.add_hparams({"lr": 0.1, "depth": 5, "model": "xgb", "bias": True}, {"mae": 0.25}, name="trial")
        writer.add_histogram("weights", [1.0, 2.0, 3.0], 0)
    said = imported(server, tmp_path / "tuned", "--experiment", "tuning")
    assert set(said["left_out"]) == {"histograms"}
    params = {key: value for run in runs_of(client, "tuning").values() for key, value in run.data.params.items()}
    assert params["model"] == "xgb" and float(params["lr"]) == 0.1 and float(params["depth"]) == 5 and params["bias"] == "true"
    assert any(run.data.metrics.get("mae") == 0.25 for run in runs_of(client, "tuning").values())


def test_images_and_texts_become_artifacts(server, client, tmp_path):
    picture = numpy.zeros((3, 4, 6), dtype=numpy.uint8)
    with SummaryWriter(str(tmp_path / "seen")) as writer:
        for step in (0, 10):
            writer.add_image("fit/residuals", picture + step, step)
        writer.add_text("note", "hello\n\n**there**", 10)
        encoded = first_image(tmp_path / "seen", writer)
        event = event_pb2.Event(wall_time=1_700_000_000, step=20)  # as TensorFlow 2 writes them
        value = event.summary.value.add(tag="batch")
        value.metadata.plugin_data.plugin_name = "images"
        value.tensor.dtype = 7
        value.tensor.string_val.extend([b"6", b"4", encoded, encoded])
        writer.file_writer.event_writer.add_event(event)
    for _ in range(2):
        said = imported(server, tmp_path / "seen")
        assert (said["artifacts"], said["left_out"], said["problems"]) == (5, {}, [])
    run = runs_of(client, "seen")["seen"].info.run_id
    found = [file.path for folder in ("images/batch", "images/fit/residuals", "texts/note/text_summary") for file in client.list_artifacts(run, folder)]
    assert found == ["images/batch/20-1.png", "images/batch/20.png", "images/fit/residuals/0.png", "images/fit/residuals/10.png", "texts/note/text_summary/10.md"]

    def content(path):
        return pathlib.Path(client.download_artifacts(run, path, str(tmp_path))).read_bytes()

    assert content("texts/note/text_summary/10.md") == b"hello\n\n**there**"
    assert content("images/batch/20.png") == encoded


def test_a_text_with_too_long_a_name_stays_behind_alone(server, client, tmp_path):
    with SummaryWriter(str(tmp_path / "long")) as writer:
        writer.add_text("n" * 300, "lost")
        writer.add_scalar("loss", 0.5, 1)
    said = imported(server, tmp_path / "long")
    assert (said["artifacts"], said["points"], said["left_out"]) == (0, 1, {"texts of names that are too long": 1})


def first_image(folder, writer):
    """The first picture, as the writer encoded it. It writes in a thread of its own, so it may come a moment later."""
    writer.flush()
    deadline = time.monotonic() + 20
    while True:
        data = b"".join(path.read_bytes() for path in folder.iterdir())
        start = data.find(b"\x89PNG")
        end = data.find(b"IEND", max(start, 0))
        if start >= 0 and end >= 0:
            return data[start:end + 8]
        assert time.monotonic() < deadline, "no picture was written"
        time.sleep(0.02)


def tensor_event(step, **tensor):
    event = event_pb2.Event(wall_time=1_700_000_000 + step, step=step)
    value = event.summary.value.add(tag="acc")
    value.metadata.plugin_data.plugin_name = "scalars"
    for name, content in tensor.items():
        part = getattr(value.tensor, name)
        part.append(content) if name.endswith("_val") else setattr(value.tensor, name, content)
    return event


def test_scalars_kept_as_tensors(server, client, tmp_path):
    with SummaryWriter(str(tmp_path / "tensors")) as writer:
        for event in (tensor_event(0, dtype=1, float_val=0.5), tensor_event(1, dtype=2, double_val=0.25),
                      tensor_event(2, dtype=1, tensor_content=b"\0\0\0\x3e"), tensor_event(3, dtype=9, int64_val=-3)):
            writer.file_writer.event_writer.add_event(event)
    imported(server, tmp_path / "tensors")
    assert history(client, runs_of(client, "tensors")["tensors"], "acc") == [(0, 0.5), (1, 0.25), (2, 0.125), (3, -3.0)]


def test_tags_that_no_metric_may_have(server, client, tmp_path):
    with SummaryWriter(str(tmp_path / "odd")) as writer:
        for step, tag in enumerate(["a%b", "../up", "/root", "x//y", "", "n" * 300]):
            event = event_pb2.Event(wall_time=1_700_000_000, step=step)
            event.summary.value.add(tag=tag, simple_value=1.0)
            writer.file_writer.event_writer.add_event(event)
    said = imported(server, tmp_path / "odd")
    assert said["left_out"] == {"points of names that are too long": 1} and said["problems"] == []
    assert set(runs_of(client, "odd")["odd"].data.metrics) == {"a_b", "_/up", "_/root", "x/_/y", "_"}


def written(folder, steps):
    with SummaryWriter(str(folder)) as writer:
        for step in range(steps):
            writer.add_scalar("loss", float(step), step)
    return next(folder.glob("*tfevents*"))


def test_a_record_that_is_still_being_written_is_no_problem(server, client, tmp_path):
    file = written(tmp_path / "half", 10)
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    assert imported(server, tmp_path / "half")["problems"] == []
    assert len(history(client, runs_of(client, "half")["half"], "loss")) == 9
    file.write_bytes(whole)
    imported(server, tmp_path / "half")
    assert len(history(client, runs_of(client, "half")["half"], "loss")) == 10


@pytest.mark.parametrize("place", [3, -3, -30])
def test_damage_is_named_and_keeps_nothing_else_out(server, client, tmp_path, place):
    folder = tmp_path / f"damaged{place}"
    file = written(folder / "bad", 10)
    written(folder / "good", 3)
    content = bytearray(file.read_bytes())
    content[place] ^= 0xFF
    file.write_bytes(content)
    said = imported(server, folder)
    assert [problem["what"] for problem in said["problems"]] == [str(file)]
    assert "at byte" in said["problems"][0]["why"]
    assert len(history(client, runs_of(client, folder.name)["good"], "loss")) == 3


def test_a_folder_without_event_files_says_so(server, tmp_path):
    assert "no event file" in imported(server, tmp_path, status=3)
    assert "is no folder" in imported(server, tmp_path / "none", status=3)


def test_more_files_than_may_be_open_at_once(server, client, tmp_path):
    for number in range(120):
        written(tmp_path / "wide" / f"run-{number}", 1)
    words = [binary(), "import", "tensorboard", tmp_path / "wide", "--data", server.data, "--json"]
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))  # noqa: E731
    done = subprocess.run(words, preexec_fn=few, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["problems"] == [] and len(runs_of(client, "wide")) == 120


def test_an_import_without_a_watch_ends_by_a_signal_at_once(tmp_path):
    written(tmp_path, 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and answers none
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen([binary(), "import", "tensorboard", tmp_path, "--url", url]) as run:
            silent.settimeout(20)
            with silent.accept()[0] as call:
                assert call.recv(1)  # it waits for an answer now
                run.send_signal(signal.SIGINT)
                assert run.wait(5) == -signal.SIGINT


def test_a_watch_follows_a_training_and_ends_by_a_signal(server, client, tmp_path):
    (tmp_path / "live").mkdir()
    words = [binary(), "import", "tensorboard", tmp_path / "live", "--watch", "--json", "--data", server.data]
    watch = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with SummaryWriter(str(tmp_path / "live" / "first")) as writer:
            writer.add_scalar("loss", 1.0, 0)
            until(lambda: writer.flush() or client.get_experiment_by_name("live") and runs_of(client, "live"))
            assert runs_of(client, "live")["first"].info.status == "RUNNING"
            writer.add_scalar("loss", 0.5, 1)
        written(tmp_path / "live" / "second", 3)
        until(lambda: "second" in runs_of(client, "live") and len(history(client, runs_of(client, "live")["first"], "loss")) == 2)
        watch.send_signal(signal.SIGINT)
        out, error = watch.communicate(timeout=20)
    finally:
        watch.kill()
        watch.wait()
    assert watch.returncode == 0, error
    assert json.loads(out)["points"] == 5
    assert {run.info.status for run in runs_of(client, "live").values()} == {"FINISHED"}


def until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
