"""GitLab's component, the manifests for Kubernetes, the image: valid by public schemas, executed where they can be."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from pytest_schemadrift.cli import cli
from pytest_schemadrift.cli.group import FAIL_ON
from tests.test_cli import DRIFTED, IN_SYNC, Project, project  # noqa: F401

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates" / "schemadrift" / "template.yml"
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
KUBERNETES = json.loads((Path(__file__).parent / "kubernetes.json").read_text())
NOBODY = 65534


def gitlab_schema() -> Any:
    place = files("check_jsonschema").joinpath("builtin_schemas", "vendor", "gitlab-ci.json")
    schema = json.loads(place.read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def component(**given: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header, and the jobs as GitLab sees them with these inputs."""
    header_text, _, jobs = TEMPLATE.read_text().partition("\n---\n")
    header = YAML(typ="safe").load(header_text)
    values = {name: str(item["default"]) for name, item in header["spec"]["inputs"].items()} | given
    return header, YAML(typ="safe").load(re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: values[found[1]], jobs))


def test_the_component_is_valid_by_gitlabs_schema() -> None:
    header, jobs = component()
    gitlab_schema().validate(header)
    gitlab_schema().validate(jobs)
    assert set(jobs) == {"schemadrift"}
    assert header["spec"]["inputs"]["fail-on"]["options"] == list(FAIL_ON)
    used = set(re.findall(r"inputs\.([\w-]+)", TEMPLATE.read_text()))
    assert used == set(header["spec"]["inputs"])


@pytest.mark.parametrize(("script", "code"), [(IN_SYNC, 0), (DRIFTED, 1)])
def test_the_job_does_what_it_says(project: Project, script: str, code: int) -> None:  # noqa: F811
    project.database(script)
    _, jobs = component(install="true", source="live")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(jobs["schemadrift"]["script"])],
        cwd=project.folder,
        env={**os.environ, "CI_PROJECT_DIR": str(project.folder), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert 'name="users"' in (project.folder / jobs["schemadrift"]["artifacts"]["reports"]["junit"]).read_text()


def objects() -> list[Any]:
    return [
        pytest.param(found, id=f"{path.name}: {found['kind']}")
        for path in MANIFESTS
        for found in YAML(typ="safe").load_all(path.read_text())
    ]


@pytest.mark.parametrize("manifest", objects())
def test_a_manifest_is_valid_by_kubernetes_schema(manifest: dict[str, Any]) -> None:
    """Strict: a key that Kubernetes does not know is an error, not passed over."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    name = f"io.k8s.api.{group}.{version}.{manifest['kind']}"
    schema = {"$ref": f"#/$defs/{name}", "$defs": KUBERNETES["$defs"]}
    jsonschema.Draft202012Validator(schema).validate(manifest)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**manifest, "specs": {}})


def pod_of(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = manifest["spec"]
    found: dict[str, Any] = (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]["spec"]
    return found


@pytest.mark.parametrize("manifest", objects())
def test_a_pod_is_nobody_and_can_write_only_to_its_volumes(manifest: dict[str, Any]) -> None:
    pod = pod_of(manifest)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == NOBODY
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    volumes = {volume["name"] for volume in pod["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounts) == volumes
    environment = {item["name"]: item for item in container["env"]}
    cache = environment["SCHEMADRIFT_CACHE_DIR"]["value"]
    assert Path(cache).parent == Path(mounts["cache"]), "a volume may belong to root; a folder below it is ours"
    secrets = [item for item in container["env"] if "valueFrom" in item]
    assert {"SCHEMADRIFT_DATABASE_URL"} <= {item["name"] for item in secrets}


@pytest.mark.parametrize("manifest", objects())
def test_the_arguments_are_those_of_the_command(manifest: dict[str, Any]) -> None:
    name, *arguments = pod_of(manifest)["containers"][0]["args"]
    command = cli.every_command()[name]
    with command.make_context(name, list(arguments), resilient_parsing=False) as context:
        values = context.params
    if name == "watch":
        assert values["listen"] == ("", pod_of(manifest)["containers"][0]["ports"][0]["containerPort"])
        assert manifest["spec"]["replicas"] == 1 and manifest["spec"]["strategy"] == {"type": "Recreate"}


def test_the_image_runs_as_nobody_and_its_sources_are_there() -> None:
    """There is no daemon here that could build it: what can be told from the text is."""
    text = re.sub(r"\\\n", " ", (ROOT / "deploy" / "Dockerfile").read_text())
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    last = [number for number, (word, _) in enumerate(lines) if word == "FROM"][-1]
    final = dict(lines[last:])
    assert final["USER"] == f"{NOBODY}:{NOBODY}"
    words = [word for word, _ in lines[last:]]
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN")
    assert json.loads(final["ENTRYPOINT"]) == ["schemadrift"]
    name, *arguments = json.loads(final["CMD"])
    with cli.every_command()[name].make_context(name, list(arguments)):
        pass
    assert "SCHEMADRIFT_CACHE_DIR=/var/cache/schemadrift/own" in final["ENV"]
    extras = re.search(r'"/source\[(.*?)\]"', text)
    assert extras is not None
    known = (ROOT / "pyproject.toml").read_text()
    assert all(f"\n{extra} = [" in known for extra in extras[1].split(","))
