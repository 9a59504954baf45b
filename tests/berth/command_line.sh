#!/usr/bin/env bash
# The program as a stranger uses it: exit codes, one clear message, nothing half-written, the same bytes every time.
# Usage: command_line.sh PROGRAM SOURCE_DIR
set -uo pipefail
berth=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0
failed=0
ok() { passed=$((passed + 1)); }
broken() { echo "FAILED: $1" >&2; failed=$((failed + 1)); }

shop=$source/workloads/web-shop.json
half_hour=(--set "/duration=30 min")

# refuses NAME WORD ARGUMENTS…: exit code 2, a message that contains WORD, and no result folder.
refuses() {
  local name=$1 word=$2
  shift 2
  local text code
  text=$("$berth" "$@" 2>&1)
  code=$?
  if [ $code -ne 2 ]; then broken "$name: exit code $code instead of 2"; echo "$text" >&2; return; fi
  if ! grep -qF -- "$word" <<< "$text"; then broken "$name: no word of '$word'"; echo "$text" >&2; return; fi
  if ! grep -q 'expected' <<< "$text"; then broken "$name: no expectation"; echo "$text" >&2; return; fi
  if compgen -G 'results*' > /dev/null || compgen -G '*.parts*' > /dev/null || [ -e out ]; then
    broken "$name: something was written: $(ls -A)"; rm -rf results* out; return; fi
  ok
}

# scenario TEXT: a scenario file with that text.
scenario() { printf '%s' "$1" > scenario.json; echo scenario.json; }
trace() { printf '%b' "$1" > trace.csv; echo "shop=trace.csv$2"; }

refuses 'missing file' 'nowhere.json' compare nowhere.json
refuses 'malformed JSON' 'line' compare "$(scenario '{ "berth": 1, ')"
refuses 'duplicate names' 'web' compare "$(scenario '{ "berth": 1, "services": { "web": {}, "web": {} } }')"
refuses 'too deep' 'level' compare "$(scenario "$(printf '[%.0s' $(seq 1 100000))")"
refuses 'unknown key' 'desired' compare "$shop" --set /services/web/desird=4
refuses 'number without unit' 'MiB' compare "$shop" --set /services/web/containers/app/memory=512
refuses 'negative' '-1' compare "$shop" --set '/services/web/containers/app/memory=-1 MiB'
refuses 'NaN' 'nan' compare "$shop" --set '/services/web/scale/target=nan'
refuses 'dangling image' 'web-9' compare "$shop" --set /services/web/containers/app/image=web-9
refuses 'dangling trace' 'shopp' compare "$shop" --set /services/web/demand/requests/trace=shopp
refuses 'what comes later' 'not priced yet' compare "$shop" --set '/labour={"wage": "100 USD"}'
refuses 'a fault that is none' 'zone_loss' compare "$shop" --set '/faults=[{"at": "1 h", "kind": "zone_los", "target": "a", "for": "1 h"}]'
refuses 'unknown architecture' 'ecs-fargate' compare "$shop" --arch ecs-fargat
refuses 'unknown what-if' 'arm' compare "$shop" --what-if arms
refuses 'unknown verb' 'compare, run, check, explain, catalog, validate, import, study, trace' frobnicate
refuses 'unknown validation' 'one of ecs, eks, startup' validate deploys
refuses 'abbreviated verb' 'write berth compare' comp "$shop"
refuses 'no verb' 'none'
refuses 'no scenario' 'scenario file' compare
refuses 'unknown option' 'write --jobs' compare "$shop" --jbos 3
refuses 'one argument too many' 'no further argument' run "$shop" "$shop"
refuses 'unknown word of an option' 'one of stages, all, off' run "$shop" --journal stagse
refuses 'unknown profile' 'one of defaults, tuned' run "$shop" --profile tund
refuses 'option without value' '--out' run "$shop" --out
refuses 'negative jobs' 'a whole number from 0' compare "$shop" --jobs -1
refuses 'negative seed' 'a whole number from 0' compare "$shop" --seed -1
refuses 'an architecture twice' 'every architecture once' compare "$shop" --arch ecs-ec2,ecs-ec2
refuses 'misspelt name in a path' '/services/web' compare "$shop" --set /services/wbe/desired=3
refuses 'wrong variant' '/what_if/broken' check "$shop" --set '/what_if/broken={"/services/web/scale/max": 0}'
refuses 'day before all numbers' '--date 2019-01-07' catalog fargate --date 1999-01
refuses 'trace with gaps' 'gap' compare "$shop" --trace "$(trace 'timestamp,rate\n2026-03-02T00:00:00Z,1\n2026-03-02T00:01:00Z,1\n2026-03-02T00:05:00Z,1\n2026-03-02T00:06:00Z,1\n2026-03-02T00:07:00Z,1\n' '')" --set '/duration=7 min'
refuses 'trace not sorted' 'line' compare "$shop" --trace "$(trace 'timestamp,rate\n2026-03-02T00:02:00Z,1\n2026-03-02T00:01:00Z,1\n' '')"
refuses 'trace not a number' 'line' compare "$shop" --trace "$(trace 'timestamp,rate\n2026-03-02T00:00:00Z,1\n2026-03-02T00:01:00Z,many\n' '')"
refuses 'trace empty' 'trace.csv' compare "$shop" --trace "$(trace '' '')"
refuses 'trace without meaning' 'count' compare "$shop" --trace "$(trace 'timestamp,value\n2026-03-02T00:00:00Z,1\n2026-03-02T00:01:00Z,2\n' '')"
mkdir there
refuses 'folder that exists' 'there' compare "$shop" "${half_hour[@]}" --out there
rmdir there
refuses 'folder that cannot be made' 'proc' compare "$shop" "${half_hour[@]}" --out /proc/berth/out

# Twice the same scenario and seed: the same bytes, for any number of jobs.
"$berth" compare "$shop" "${half_hour[@]}" --out one --jobs 1 --quiet || broken 'compare with one job'
"$berth" compare "$shop" "${half_hour[@]}" --out two --jobs 3 --quiet || broken 'compare with three jobs'
for file in one/*; do
  if cmp -s "$file" "two/$(basename "$file")"; then ok; continue; fi
  broken "$(basename "$file") differs; first differing line:"
  diff "$file" "two/$(basename "$file")" | head -n 3 >&2
done
[ "$(ls one)" = "$(ls two)" ] && ok || broken 'not the same files'
for file in summary.json manifest.json trace.json {services,requests,latency,pools,pending,replicas,nodes,deployments,usage,cost,assumptions,journal}.csv; do
  [ -s "one/$file" ] && ok || broken "$file is missing or empty"
done
"$berth" compare "$shop" "${half_hour[@]}" --out other --seed 2 --quiet || broken 'compare with another seed'
cmp -s one/requests.csv other/requests.csv && broken 'another seed gave the same requests' || ok

# A start is explained from the results alone; what the results were made from must be the same still.
refuses 'explain of a number too high' 'web/1 to web/' explain one --arch ecs-fargate --replica web/999
refuses 'explain without results' 'no manifest.json' explain .
refuses 'explain of several architectures' 'eks-fargate' explain one
refuses 'explain of what was not run' 'ecs-fargate' explain one --arch ecs-fargat
refuses 'explain of an unknown service' 'web/1' explain one --arch ecs-fargate --replica wbe/1
refuses 'explain of what was there at the start' 'when it began' explain one --arch ecs-fargate --replica web/1
refuses 'explain of none' 'a whole number from 1' explain one --arch ecs-ec2 --slowest 0
refuses 'explain of both' 'leave one of them out' explain one --arch ecs-ec2 --replica web/1 --slowest 2
"$berth" run "$shop" "${half_hour[@]}" --arch ecs-ec2 --set '/services/web/deployments=[{"at": "5 min", "change": {"containers": {"app": {"image": "web-2"}}}}]' --set '/architectures/ecs-ec2/clusters/main/pools/ec2/max=2' --out full --quiet || broken 'run without room'
waited=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
  $column["service"] == "web" && $column["placed_s"] != $column["decided_s"] { print $column["replica"]; exit }' full/replicas.csv)
"$berth" explain full --pending "$waited" > pending.txt 2>&1 || broken "explain --pending: $(cat pending.txt)"
grep -q 'Filters, of 2 instances' pending.txt && grep -q '/pools/ec2/max' pending.txt && ok || broken "explain --pending: $(cat pending.txt)"
[ "$(wc -L < pending.txt)" -le 100 ] && ok || broken "explain --pending is $(wc -L < pending.txt) columns wide"
"$berth" explain full --pending web | grep -q '^web/' && ok || broken 'explain --pending of a service'
refuses 'pending of a number too high' 'web/1 to web/' explain full --pending web/999
refuses 'pending of an unknown service' 'write --pending web' explain full --pending wbe
refuses 'pending of what never waited' 'web waited' explain full --pending web/1
refuses 'pending at a wrong moment' 'a moment at which' explain full --pending "$waited" --at '1 min'
refuses 'pending at no moment' '36 s' explain full --pending web --at 36
refuses 'a moment without pending' '--pending' explain full --at '6 min'
refuses 'pending and slowest' 'leave the others out' explain full --pending web --slowest 2
refuses 'explain of an empty name' 'found     none' explain full --replica ''
refuses 'pending of an empty name' 'found     none' explain full --pending ''
refuses 'pending after the run' "a moment at which $waited waited" explain full --pending "$waited" --at '2 h'
cat > stranger.json << 'END'
{ "berth": 1, "name": "stranger", "start": "2026-03-02T00:00Z", "duration": "20 min", "region": "us-east-1", "catalog": "2026-03",
  "images": { "web": { "layers": { "app": { "compressed": "40 MiB", "unpacked": "95 MiB" } } } },
  "services": { "web": { "desired": 3, "containers": { "app": { "image": "web", "cpu": "0.5 vCPU", "memory": "1 GiB", "start": "3 s" } } } },
  "jobs": { "batch": { "arrivals": { "cron": "*/5 * * * *", "count": 4 }, "run_time": "8 min", "retries": 2, "ecs": { "launch": "launch_type" },
      "containers": { "work": { "image": "web", "cpu": "1 vCPU", "memory": "5 GiB" } } } },
  "architectures": { "ecs-ec2": { "clusters": { "main": { "orchestrator": "ecs", "runs_on": { "*": "ec2" },
      "pools": { "ec2": { "kind": "ec2", "instance_types": ["m6i.large"], "min": 2, "max": 2 } } } } } } }
END
"$berth" run stranger.json --arch ecs-ec2 --out stranger --quiet || broken 'run of jobs that are refused'
# says NAME WORD ARGUMENTS…: exit code 0, and an answer that contains WORD.
says() {
  local name=$1 word=$2 text
  shift 2
  text=$("$berth" "$@" 2>&1) && grep -qF -- "$word" <<< "$text" && ok || broken "$name: no '$word' in: $text"
}
says 'a task that RunTask refused' 'RunTask failed at once, at 0.0 s' explain stranger --pending batch/3
says 'what each instance refused' 'of 2 instances, each counted' explain stranger --pending batch/3
says 'the moment of the refusal' 'batch/11 on ecs-ec2: RunTask failed' explain stranger --pending batch/11 --at '300 s'
says 'a service whose tasks were all refused' 'RunTask failed at once' explain stranger --pending batch
says 'the start of a task that was refused' 'What could have given it a place' explain stranger --replica batch/3
refuses 'a moment at which nothing was refused' 'the moment at which RunTask failed for batch/11: 300.000 s' explain stranger --pending batch/11 --at '5 min 1 s'
refuses 'pending of what was there at the start' 'when the run began' explain stranger --pending web/1
# edited NAME WORD EXPRESSION: a manifest that sed has changed is refused.
edited() {
  rm -rf changed && cp -r stranger changed && sed -i -E "$3" changed/manifest.json
  refuses "$1" "$2" explain changed --pending batch/3
}
edited 'another duration in the manifest' 'one that has been changed since' 's/"20 min"/"1 min"/'
edited 'another seed in the manifest' 'one that has been changed since' 's/"seed": *"1"/"seed": "2"/'
edited 'an architecture that was not run' 'one that has been changed since' '/"architectures": *\[/,/\]/s/"ecs-ec2"/"ecs"/'
edited 'a manifest that is not JSON' 'line' 's/\}$/]/'
edited 'a manifest without fingerprint' 'fnv1a64' '$!s/"fnv1a64"/"hash"/g'
rm -rf changed && cp -r stranger changed && rm changed/replicas.csv
refuses 'results without replicas.csv' 'no such file' explain changed --pending batch/3
sed 's/no_capacity/no_capacity,/' stranger/replicas.csv > changed/replicas.csv
refuses 'a row with a cell too many' 'cells' explain changed --pending batch/3
sed -E '2,$s/^(([^,]*,){14})[^,]*/\1soon/' stranger/replicas.csv > changed/replicas.csv
refuses 'a moment that is none' 'decided_s' explain changed --pending batch/3
sed -E 's/,batch\/3,/,batch\/999,/' stranger/replicas.csv > changed/replicas.csv
refuses 'a replica that was never there' 'went another way' explain changed --replica batch/999
rm -rf changed stranger stranger.json
cp "$source/workloads/traces/shop.csv" own.csv
"$berth" run "$shop" --arch ecs-fargate --set '/services/web/deployments=[{"at": "5 min", "change": {"containers": {"app": {"image": "web-2"}}}}]' "${half_hour[@]}" --trace shop=own.csv --profile tuned --seed 7 --out deployed --quiet || broken 'run with a deployment'
"$berth" explain deployed --slowest 2 > explained.txt 2>&1 || broken "explain: $(cat explained.txt)"
latency=$(grep -m 1 'from the decision to healthy' explained.txt | sed -E 's/.*: ([0-9.]+) s from.*/\1/')
highest=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
  !$column["initial"] && $column["deploy_latency_s"] > most { most = $column["deploy_latency_s"] }
  END { printf "%.1f", most }' deployed/replicas.csv)
[ "$latency" = "$highest" ] && ok || broken "explain says $latency s, replicas.csv $highest s"
[ "$(wc -L < explained.txt)" -le 100 ] && ok || broken "explain is $(wc -L < explained.txt) columns wide"
"$berth" explain deployed --slowest 2 | cmp -s - explained.txt && ok || broken 'explain says it otherwise the second time'
echo '# changed' >> own.csv
refuses 'a trace that has changed' 'has changed since' explain deployed
rm own.csv
refuses 'a trace that has gone' 'where the run was started' explain deployed
sed -i 's/"berth": "[0-9.]*"/"berth": "0.0.1"/' deployed/manifest.json
refuses 'results of another berth' 'version' explain deployed
cp -r "$source/models" models && echo '{}' > models/more.json
BERTH_MODELS=$work/models refuses 'other models' 'the models of the run' explain one --arch ecs-ec2
rm -rf models

# What was measured stands beside what is simulated, and the shipped models are within the tolerance.
"$berth" validate startup > validated.txt 2>&1 || broken "validate: exit code $?: $(cat validated.txt)"
grep -q 'figures within their tolerance.$' validated.txt && ok || broken 'validate says no verdict'
[ "$(wc -L < validated.txt)" -le 100 ] && ok || broken "validate is $(wc -L < validated.txt) columns wide"
"$berth" validate startup --set '/images/batch/layers/batch/compressed=4 GiB' --set '/images/batch/layers/batch/unpacked=9 GiB' > missed.txt
[ $? -eq 3 ] && grep -q 'misses' missed.txt && ok || broken 'a validation that misses does not say so with exit code 3'
rm validated.txt missed.txt

# Curves stand in one frame; their points are a file to draw from.
LC_ALL=C.UTF-8 "$berth" validate ecs --out measured > validated.txt 2>&1
code=$?
[ $code -eq 0 ] || { [ $code -eq 3 ] && grep -q 'misses' validated.txt; } && ok || broken "validate ecs: exit code $code: $(cat validated.txt)"
grep -q 'figures within their tolerance' validated.txt && grep -q '1750 (50 %)' validated.txt && ok || broken 'validate ecs says no verdict'
[ "$(LC_ALL=C.UTF-8 wc -L < validated.txt)" -le 100 ] && ok || broken 'validate ecs is wider than 100 columns'
[ "$(head -n 1 measured/curves.csv)" = 't_s,curve,measured,simulated' ] && [ -s measured/2022/replicas.csv ] && ok || broken 'validate ecs leaves no curves.csv'
[ -z "$(sed '/^[^,]*,[^,]*,[^,]*,[0-9]*$/d; 1d' measured/curves.csv)" ] && ok || broken 'curves.csv is malformed'
refuses_kept() { "$berth" validate ecs --out measured > kept.txt 2>&1; [ $? -eq 2 ] && grep -q 'expected' kept.txt; }
refuses_kept && ok || broken 'validate ecs overwrites results'
LC_ALL=C "$berth" validate ecs --set /account/quotas/fargate_spot_launch_per_s=2 > missed.txt
[ $? -eq 3 ] && grep -q 'too long' missed.txt && ok || broken 'a tenth of the launch rate is no miss'
[ -z "$(sed -n '2,14p' missed.txt | tr -d '\000-\177')" ] && ok || broken 'a curve is not ASCII where the terminal is not UTF-8'
if command -v gnuplot > /dev/null; then
  "$source/tools/plot" measured plot.svg > plot.txt 2>&1 && grep -q '<svg' plot.svg && ok || broken "tools/plot: $(cat plot.txt)"
  "$source/tools/plot" one plot.png --service web --arch ecs-ec2 > plot.txt 2>&1 && [ -s plot.png ] && ok || broken "tools/plot of services: $(cat plot.txt)"
fi
"$source/tools/plot" one plot.png --service wbe > plot.txt 2>&1
[ $? -ne 0 ] && grep -q 'error:' plot.txt && ok || broken 'tools/plot of an unknown service'
LC_ALL=C.UTF-8 "$berth" validate eks > validated.txt 2>&1
code=$?
[ $code -eq 0 ] || { [ $code -eq 3 ] && grep -q 'misses' validated.txt; } && ok || broken "validate eks: exit code $code: $(cat validated.txt)"
grep -q '3325 (95 %)' validated.txt && grep -q 'Cluster Autoscaler' validated.txt && ok || broken 'validate eks says no verdict'
[ "$(LC_ALL=C.UTF-8 wc -L < validated.txt)" -le 100 ] && ok || broken 'validate eks is wider than 100 columns'
rm -rf validated.txt missed.txt measured kept.txt plot.*

# A variant's name is no path; what a run cannot show is told without simulating it.
"$berth" run "$shop" "${half_hour[@]}" --arch ecs-fargate --what-if 'more headroom' --quiet || broken 'a variant with a blank'
[ -s results/web-shop-more-headroom/summary.json ] && ok || broken "the variant's folder is $(ls results)"
rm -rf results
refuses 'a GPU that is not there' 'GPU' run "$shop" "${half_hour[@]}" --arch ecs-ec2 --set '/services/web/needs=["gpu:1"]' --out out
refuses 'an image for another processor' 'not built for amd64' run "$shop" "${half_hour[@]}" --arch ecs-fargate --set '/images/web/platforms=["arm64"]' --out out
refuses 'two EBS volumes on ECS' 'attaches 1 to a task' run "$shop" "${half_hour[@]}" --arch ecs-ec2 --set '/services/web/volumes={"a": {"ebs": "4 GiB"}, "b": {"ebs": "4 GiB"}}' --quiet
refuses 'more on the disk than a node has' 'root_volume of' run "$shop" "${half_hour[@]}" --arch eks-ec2 --set '/services/web/volumes={"a": {"ephemeral": "100 GiB"}}' --out out
"$berth" compare "$shop" "${half_hour[@]}" --arch ecs-ec2 --set '/services/web/needs=["gpu:1"]' --out gpu > gpu.txt || broken 'compare of what needs a GPU'
grep -q 'GPU' gpu.txt && [ "$(wc -l < gpu/replicas.csv)" -eq 1 ] && ok || broken 'a GPU that is not there was simulated'
"$berth" run "$shop" "${half_hour[@]}" --arch eks-fargate --set '/services/web/needs=["privileged"]' --out waits --quiet || broken 'run of what Fargate refuses'
grep -q ',web,' waits/pending.csv && ok || broken 'what Fargate refuses does not wait'
"$berth" explain waits --replica web/1 | grep -q 'Privileged containers do not run on Fargate' && ok || broken 'explain does not say why a replica waits'

# Nothing is left of an interrupted run.
"$berth" compare "$shop" --out interrupted --quiet &
for _ in $(seq 200); do ls -A | grep -q interrupted && break; sleep 0.05; done  # its folder stands: the run has begun
kill -TERM $!
wait $! && broken 'an interrupted run said it was done' || ok
[ -e interrupted ] && broken 'an interrupted run left results' || ok
ls -A | grep -q interrupted && broken "an interrupted run left $(ls -A | grep interrupted)" || ok

# Every verb helps.
for verb in run compare check explain catalog; do
  "$berth" $verb --help | grep -q 'Usage' && ok || broken "$verb --help"
  "$berth" $verb --help | grep -q 'Exit codes: 0 done' && ok || broken "$verb --help does not say the exit codes"
done
"$berth" check "$shop" | grep -q 'eks-fargate *can host it' && ok || broken 'check says who can host it'
"$berth" check "$shop" | grep -q '2 what-if variants' && ok || broken 'check counts the variants'
mine='/architectures/mine={"clusters": {"main": {"orchestrator": "ecs", "pools": {"ec2": {"kind": "ec2",
  "instance_types": ["m6i.large"], "max": 9}}, "runs_on": {"*": "ec2"}}}}'
fixed='/services/web/rollout={"min_healthy_percent": 100, "max_percent": 100}'
checked=$("$berth" check "$shop" --set "$mine" --set "$fixed")
[ $? -eq 0 ] && grep -q '^mine *can host it' <<< "$checked" && grep -q '^eks-ec2 *cannot host it' <<< "$checked" &&
  grep -q 'no *\S*/services/web: expected max_surge' <<< "$checked" &&
  ok || broken 'check says of an architecture that it completed why it cannot host what is written for another'
text=$("$berth" check "$shop" --set '/what_if={}' --set '/services/web/ecs/constraints=["memberOf("]' 2>&1)
[ $? -eq 2 ] && ! grep -q 'is valid' <<< "$text" && ok || broken 'check calls nothing valid that is not'
"$berth" run --help | grep -q -- '--profile defaults|tuned ' && ok || broken 'run --help says the profiles'
listed=$("$berth" catalog instances --date 2021-09)
head -n 1 <<< "$listed" | grep -q 'no launch dates' && ok || broken 'catalog notes what it does not know'
"$berth" catalog fargate | grep -q '16 vCPU' && ok || broken 'catalog fargate'

# What another tool recorded becomes a scenario that runs, and tables that are the same for any number of jobs.
recorded=$source/workloads/traces
refuses 'unknown format' 'one of simkube, openb' import kubernetes "$recorded/simkube.sample.json"
refuses 'misspelt format' 'write simkube' import simcube "$recorded/simkube.sample.json"
refuses 'import of a missing file' 'nowhere.json' import simkube nowhere.json
refuses 'import of two files' 'name it alone' import openb "$recorded/openb_pods.sample.csv" "$recorded/openb_nodes.sample.csv"
refuses 'import of another format' 'events' import simkube "$shop"
refuses 'import of no copies' '1 to ' import simkube "$recorded/simkube.sample.json" --copies 0
touch taken.json
refuses 'import into a file that exists' 'does not exist yet' import simkube "$recorded/simkube.sample.json" --out taken.json
for format in simkube openb; do
  sample=$(ls "$recorded"/$format*sample* | tail -n 1)
  "$berth" import $format "$sample" --scaler ca --out replay-$format.json && "$berth" run replay-$format.json --arch eks --out replay-$format --quiet || broken "import and run of $format"
  [ "$(wc -l < replay-$format/replicas.csv)" -gt 5 ] && ok || broken "the replay of $format has no replicas"
done
refuses 'study of an unknown format' 'one of simkube, openb' study web "$shop"
refuses 'study of one file of two' 'name both' study openb "$recorded/openb_pods.sample.csv"
refuses 'study without runs' '1 to ' study simkube "$recorded/simkube.sample.json" --seeds 0
refuses 'study of no copies' '1 to ' study simkube "$recorded/simkube.sample.json" --copies 0 --out out
refuses 'study of half a copy' 'copies' study simkube "$recorded/simkube.sample.json" --copies 0.5
refuses 'study of a wrong file' 'cpu_milli' study openb "$recorded/openb_pods.sample.csv" "$recorded/shop.csv" --out out
refuses 'study into a folder that exists' 'does not exist yet' study simkube "$recorded/simkube.sample.json" --out one
for jobs in 1 3; do
  "$berth" study simkube "$recorded/simkube.sample.json" --copies 1,2 --seeds 3 --jobs $jobs --out study-$jobs > study-$jobs.txt || broken "study simkube with $jobs jobs"
  "$berth" study openb "$recorded/openb_pods.sample.csv" "$recorded/openb_nodes.sample.csv" --jobs $jobs > openb-$jobs.txt || broken "study openb with $jobs jobs"
done
diff -r study-1 study-3 > /dev/null && cmp -s study-1.txt study-3.txt && ok || broken 'study simkube differs by the number of jobs'
cmp -s openb-1.txt openb-3.txt && ok || broken 'study openb differs by the number of jobs'
grep -q 'nodes by type' study-1.txt && [ "$(wc -L < study-1.txt)" -le 100 ] && ok || broken "study simkube is $(wc -L < study-1.txt) columns wide"
grep -q 'memory stranded' openb-1.txt && [ "$(wc -L < openb-1.txt)" -le 100 ] && ok || broken "study openb is $(wc -L < openb-1.txt) columns wide"

# Traces: made, shown, fitted, and made again; what is no trace is refused.
show() { LC_ALL=C.UTF-8 "$berth" trace show "$@"; }
for sample in series.sample.csv:means=count cloudwatch.sample.json:select=id:requests,means=count requests.sample.csv: \
    prometheus.sample.json:total,means=rate jobs.sample.csv: kubernetes_jobs.sample.json: ecs_tasks.sample.json: \
    openb_pods.sample.csv: azure_functions.sample.csv:total; do
  show "$recorded/${sample%%:*}" --options "${sample#*:}" > shown.txt && grep -q autocorrelation shown.txt && [ "$(wc -L < shown.txt)" -le 100 ] &&
    ok || broken "trace show ${sample%%:*}"
done
show "$recorded/shop.csv" --width 80 > shown.txt && [ "$(wc -L < shown.txt)" -le 80 ] && ok || broken 'trace show in 80 columns'
LC_ALL=C "$berth" trace show "$recorded/shop.csv" > shown.txt && ! LC_ALL=C.UTF-8 grep -qP '[\x{2800}-\x{28FF}]' shown.txt && ok || broken 'trace show without Unicode'
"$berth" trace make "$recorded/all_shapes.synthetic.json" > made.csv && [ "$(wc -l < made.csv)" -eq 4033 ] && ok || broken 'trace make to standard output'
"$berth" trace make "$recorded/all_shapes.synthetic.json" --out made-again.csv && cmp -s made.csv made-again.csv && ok || broken 'trace make to a file'
gzip -c made.csv > made.csv.gz
"$berth" trace fit made.csv.gz --out twin.json 2> fitted.txt && grep -q 'trace *twin' fitted.txt && "$berth" trace make twin.json > twin.csv &&
  [ "$(wc -l < twin.csv)" -eq 4033 ] && ok || broken 'trace fit of a packed file, and its twin made'
"$berth" trace make --set '/base=10 /s' --duration '3 min' | tail -n 1 | grep -q '2026-03-02T00:02:00Z,10.000' && ok || broken 'trace make from options'
refuses 'trace make of nothing' '--set' trace make
refuses 'trace make of an unknown shape' 'bursts' trace make --set '/burst=[]'
refuses 'trace make into a file that exists' 'does not exist yet' trace make "$recorded/shop.synthetic.json" --out made.csv
refuses 'trace make of too much' 'at most' trace make --set '/base=1 /s' --set '/interval=1 us'
refuses 'trace fit into a file that exists' 'does not exist yet' trace fit made.csv --out made.csv
refuses 'trace show of a missing file' 'nowhere.csv' trace show nowhere.csv
refuses 'trace show with a wrong option' 'means=count' trace show made.csv --options means=sum
refuses 'trace show of a wrong width' '40 to 400' trace show made.csv --width 4
head -c 500 made.csv.gz > cut.csv.gz
refuses 'trace that is cut off' 'whole gzip' trace show cut.csv.gz
for byte in 96 97 0 27 255 $(seq 0 255); do printf "\\x$(printf %x "$byte")"; done > noise.bin
refuses 'trace of noise' 'cure' trace show noise.bin
refuses 'trace of noise as JSON' 'cure' trace fit noise.bin --options format=prometheus
"$berth" run "$shop" --arch ecs-ec2 --trace "shop=$recorded/requests.sample.csv,service_time=duration_ms:ms,repeat" "${half_hour[@]}" --out listed --quiet &&
  [ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "arrived") c = i } NR > 1 { s += $c } END { print (s > 900) }' listed/requests.csv)" = 1 ] &&
  ok || broken 'a run with a list of requests'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
