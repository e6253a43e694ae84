"""Checks what Kustomize built, read from standard input, against Kubernetes' own schemas. For make deployables.

Runs in an environment of its own (requirements.lock here). Resources of operators (Strimzi, CloudNativePG, KEDA,
Barman) have no schema there: they are counted and named, not passed over in silence.
"""

import sys
from collections import Counter
from typing import Any

import kubernetes_validate
import yaml

VERSION = "1.34"


def main() -> int:
    """Answers 1 where a resource is not as its schema says."""
    checked, unknown, faults = 0, Counter[str](), 0
    for resource in yaml.safe_load_all(sys.stdin):
        name = f"{resource['kind']} {resource['metadata']['name']}"
        try:
            _validate(resource)
            checked += 1
        except kubernetes_validate.SchemaNotFoundError:
            unknown[resource["apiVersion"]] += 1
        except kubernetes_validate.ValidationError as error:
            faults += 1
            print(f"{name}: {'.'.join(map(str, error.path))}: {error.message}", file=sys.stderr)
    others = ", ".join(f"{n} of {version}" for version, n in sorted(unknown.items()))
    print(
        f"Kubernetes {VERSION}: {checked} resources are as their schemas say, {faults} are not; "
        f"without a schema: {others}"
    )
    return int(faults > 0 or checked == 0)


def _validate(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, VERSION, strict=True)


if __name__ == "__main__":
    sys.exit(main())
