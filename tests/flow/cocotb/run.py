"""run.py FOLDER TOP TEST_MODULE BUILD [NAME=VALUE]... builds TOP of an emitted folder with Icarus and runs the
tests of TEST_MODULE; each NAME=VALUE is a parameter of TOP and a variable of the environment. Ends with
1 when a test failed."""

import os
import pathlib
import sys

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

folder, top, module, build = sys.argv[1:5]
values = dict(argument.split("=") for argument in sys.argv[5:])
rtl = pathlib.Path(folder).resolve() / "rtl"
here = pathlib.Path(__file__).resolve().parent
parameters = {name: value for name, value in values.items() if name in ("WIDTH", "DIVIDER", "TIMEOUT")}

runner = get_runner("icarus")
runner.build(
    sources=[rtl / name for name in (rtl / "files.f").read_text().split()],
    hdl_toplevel=top,
    parameters=parameters,
    build_args=["-g2005"],
    build_dir=build,
    timescale=("1ns", "1ns"),
    always=True,
    log_file=os.path.join(build, "build.log"),
)
results = runner.test(
    hdl_toplevel=top,
    test_module=module,
    build_dir=build,
    test_dir=here,
    results_xml=os.path.abspath(os.path.join(build, "results.xml")),
    extra_env={"FOLDER": os.path.abspath(folder), "PYTHONDONTWRITEBYTECODE": "1", **values},
    log_file=os.path.join(build, "test.log"),
)
tests, failed = get_results(results)
print(f"{tests} tests, {failed} failed")
sys.exit(1 if failed or not tests else 0)
