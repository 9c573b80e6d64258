#!/bin/bash
# All cohorts on a SLURM cluster: sbatch examples/slurm.sh
# The project and $OUT lie in folders that every node sees.
#SBATCH --job-name=wlz-eval
#SBATCH --ntasks=8
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=4G
#SBATCH --time=08:00:00
set -euo pipefail

OUT=${OUT:-$PWD/runs/all}
FILE=$(mktemp -d "$PWD/.dask-XXXXXX")/scheduler.json
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$(dirname "$FILE")"' EXIT
source .venv/bin/activate

dask scheduler --scheduler-file "$FILE" --no-dashboard &
until [ -s "$FILE" ]; do sleep 1; done
srun dask worker --scheduler-file "$FILE" --nthreads 1 --no-dashboard --local-directory "${TMPDIR:-/tmp}" &
wlz-eval run --cluster "$FILE" --out "$OUT"
