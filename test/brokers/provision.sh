#!/bin/bash
# Fetches an Apache Kafka broker for the tests that need a real one: its jars through Maven, and kcat where apt may install it.
#
#   provision.sh 4      Kafka 4.4.0
#   provision.sh 3.9    Kafka 3.9.2
#
# Prints the folder's path on stdout. Does nothing when the folder is already there. It is built under another name and renamed
# when whole, so an interrupted run never leaves a half-made one. Everything lies in ${ROLLCALL_CACHE:-$HOME/.cache/rollcall} and
# Maven's own cache; deleting them undoes it all (kcat apart).
#
#   java.args     what every broker gives to java: heap, classpath, class archive
#   jars/         the broker and what it needs
#   classes.jsa   its classes as the JVM wants them: halves the time to start
#   formatted/    a storage directory as Kafka's StorageTool formats it
set -euo pipefail

die() {
  echo "provision.sh: $*" >&2
  exit 1
}

case "${1:-}" in
  4) version=4.4.0 ;;
  3.9) version=3.9.2 ;;
  *) die "usage: provision.sh 3.9|4" ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
cache=${ROLLCALL_CACHE:-$HOME/.cache/rollcall}
root=$cache/kafka-$version

may_apt() {
  [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]
}
if [ -d "$root" ] && { command -v kcat > /dev/null || ! may_apt; }; then
  echo "$root"
  exit 0
fi

mkdir -p "$cache"
# One at a time, since Maven's cache and apt want that too. A system without flock does double work at worst.
exec 9> "$cache/kafka.lock"
! command -v flock > /dev/null || flock 9

log=$cache/kafka-$version.log
exec 3>&1 4>&2 > "$log" 2>&1
work=$(mktemp -d "$cache/kafka-$version.building.XXXXXX")
broker=
give_up() {
  [ -z "$broker" ] || kill -9 "$broker" 2> /dev/null || true
  rm -rf "$work"
  echo "provision.sh: failed; $log ends with: $(tail -n 3 "$log" | cut -c 1-200 | tr '\n' ' ')" >&4
}
trap give_up EXIT

if ! command -v kcat > /dev/null && may_apt; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 kcat
fi

# Where setpriv exists the broker that is tried dies with us, even when we get SIGKILL.
die_with_us=
! command -v setpriv > /dev/null || die_with_us='setpriv --pdeathsig KILL'

# Starts a broker once: shows that it is whole, and writes its class archive as it ends.
try_broker() {
  local port=$((61000 + RANDOM % 4000)) tries ended=0
  cat > try.properties << PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$port
listeners=CLIENT://127.0.0.1:0,CONTROLLER://127.0.0.1:$port
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs=$work/try
PROPERTIES
  rm -rf try formatted classes.jsa try.log
  java @java.args kafka.tools.StorageTool format --cluster-id MkU3OEVBNTcwNTJENDM2Qg --config try.properties
  cp -R try formatted
  $die_with_us java -XX:ArchiveClassesAtExit=classes.jsa @java.args kafka.Kafka try.properties > try.log 2>&1 9>&- &
  broker=$!
  for ((tries = 0; tries < 600; tries++)); do
    kill -0 $broker || break
    ! grep -q 'Kafka Server started' try.log || break
    sleep 0.1
  done
  kill $broker || true
  wait $broker || ended=$?
  broker=
  # 143 is Java's word for an orderly end by SIGTERM.
  [ $ended = 143 ] && grep -q 'Kafka Server started' try.log && [ -s classes.jsa ]
}

if [ ! -d "$root" ]; then
  command -v java > /dev/null || die "java is missing: Kafka needs 17 or newer (apt-get install default-jre-headless)"
  command -v mvn > /dev/null || die "mvn is missing: the jars come through Maven (apt-get install maven)"
  # What a run that got SIGKILL left; the lock says that nobody is at it now.
  ! command -v flock > /dev/null || find "$cache" -maxdepth 1 -name "kafka-$version.building.*" ! -path "$work" -exec rm -rf {} +
  echo "provision.sh: Apache Kafka $version through Maven into $root (half a minute; log: $log)" >&4
  mvn -q -B -f "$here/pom.xml" -Dkafka.version="$version" dependency:copy-dependencies -DoutputDirectory="$work/jars"

  cd "$work"
  # The class archive counts only for the very classpath it was made with; relative, it survives the renaming below.
  cat > java.args << ARGS
-Xmx256m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-Dorg.slf4j.simpleLogger.showDateTime=true
-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS
-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn
-cp
$(printf '%s\n' jars/*.jar | paste -sd: -)
ARGS
  try_broker || try_broker || { cat try.log; die "the broker does not start"; }
  { echo '-XX:SharedArchiveFile=classes.jsa' && cat java.args; } > java.args.archive
  mv java.args.archive java.args
  rm -rf try try.properties try.log
  # mktemp makes it 0700.
  chmod 0755 "$work"
  cd "$cache"
  # Where nothing locks, somebody else may have been first: theirs is as good.
  [ -d "$root" ] || mv "$work" "$root"
fi
trap - EXIT
rm -rf "$work"
echo "$root" >&3
