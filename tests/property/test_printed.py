"""What a cell printed is joined as nbclient joins it, in a time that grows with its length only."""

from hypothesis import given
from hypothesis import strategies as st
from nbclient.client import _RGX_CARRIAGERETURN

from wlz_eval.batch.limits import joined

pieces = st.lists(
    st.tuples(st.sampled_from(["stdout", "stderr", "display"]), st.text(alphabet="ab\r\n", max_size=12)), max_size=8
)


@given(pieces)
def test_as_nbclient_joins(found):
    outputs = [
        {"output_type": "display_data", "data": {"text/plain": text}}
        if name == "display"
        else {"output_type": "stream", "name": name, "text": text}
        for name, text in found
    ]
    expected, streams = [], {}
    for output in (dict(output) for output in outputs):
        if output["output_type"] == "stream" and output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
            continue
        expected.append(output)
        if output["output_type"] == "stream":
            streams[output["name"]] = output
    for output in streams.values():
        output["text"] = _RGX_CARRIAGERETURN.sub("", output["text"])
    for i, output in enumerate(expected[:-1]):
        if output.get("name") == "stderr" and expected[i + 1].get("name") == "stdout":
            expected.insert(i, expected.pop(i + 1))
    assert joined(outputs) == expected


def test_a_long_line_takes_no_longer_than_its_length():
    """A pattern that looks from each character on would need ten thousand million steps for this."""
    assert joined([{"output_type": "stream", "name": "stdout", "text": "x" * 5_000_000}])[0]["text"] == "x" * 5_000_000
