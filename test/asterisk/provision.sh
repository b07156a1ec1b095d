#!/bin/bash
# Makes a Debian chroot that holds a stock Asterisk, for the tests that need a real PBX.
#
#   provision.sh 22     Asterisk 22, from Debian sid
#   provision.sh 16     Asterisk 16, from Debian bullseye
#
# Prints the chroot's path on stdout. Does nothing when the chroot is already there. A chroot is built under another name and
# renamed when whole, so an interrupted run never leaves a half-made one. Everything lies in
# ${ROLLCALL_CACHE:-$HOME/.cache/rollcall}; deleting that folder undoes it all.
set -euo pipefail

die() {
  echo "provision.sh: $*" >&2
  exit 1
}

release=${1:-}
case "$release" in
  22) suite=sid ;;
  16) suite=bullseye ;;
  *) die "usage: provision.sh 22|16" ;;
esac

[ "$(id -u)" = 0 ] || die "must run as root: chroot and debootstrap need it"

cache=${ROLLCALL_CACHE:-$HOME/.cache/rollcall}
root=$cache/asterisk-$release
marker=$root/.rollcall-provisioned
if [ -e "$marker" ]; then
  echo "$root"
  exit 0
fi

[ -e /etc/debian_version ] || die "needs a Debian machine: the chroot is made with debootstrap from Debian's own mirrors"
command -v debootstrap > /dev/null || die "debootstrap is missing: apt-get install debootstrap"

# The mount namespace takes every mount below with it when this script ends, however it ends.
if [ -z "${ROLLCALL_PROVISION_UNSHARED:-}" ]; then
  ROLLCALL_PROVISION_UNSHARED=1 exec unshare --mount --propagation private "$0" "$release"
fi

mkdir -p "$cache"
exec 9> "$cache/asterisk-$release.lock"
flock 9
if [ -e "$marker" ]; then
  echo "$root"
  exit 0
fi

# This machine's own mirror, when apt has one (deb822 or one-line format); security archives carry no whole release.
machine_mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null |
    sed -n -E 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p; s/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' |
    grep -E '/debian/?$' | head -n 1
}

# apt's own downloader, so that proxies and certificates apply as they do to apt.
carries_suite() {
  local probe
  probe=$(mktemp -d)
  # apt drops privileges to _apt, which must be able to write here.
  chmod 0777 "$probe"
  /usr/lib/apt/apt-helper -o Acquire::Retries=1 download-file "$1/dists/$suite/Release" "$probe/Release" > /dev/null 2>&1
  local found=$?
  rm -rf "$probe"
  return $found
}

mirror=
for candidate in "$(machine_mirror || true)" http://deb.debian.org/debian http://archive.debian.org/debian; do
  if [ -n "$candidate" ] && carries_suite "${candidate%/}"; then
    mirror=${candidate%/}
    break
  fi
done
[ -n "$mirror" ] || die "no mirror that apt reaches here carries Debian $suite"

apt_setting() {
  local value=
  eval "$(apt-config shell value "$1")"
  echo "$value"
}
for scheme in http https; do
  proxy=$(apt_setting "Acquire::$scheme::Proxy")
  case "$proxy" in '' | DIRECT) ;; *) export "${scheme}_proxy=$proxy" ;; esac
done

# What a run that got SIGKILL left; the lock says that nobody is at it now.
rm -rf --one-file-system "$cache/asterisk-$release.building."*
work=$(mktemp -d "$cache/asterisk-$release.building.XXXXXX")
log=$cache/asterisk-$release.log
echo "provision.sh: Debian $suite from $mirror into $root (about a minute; log: $log)" >&2

give_up() {
  umount -R "$work/proc" "$work/dev" 2> /dev/null || true
  rm -rf --one-file-system "$work"
  echo "provision.sh: failed; $log ends with: $(tail -n 3 "$log" | tr '\n' ' ')" >&4
}
trap give_up EXIT
exec 3>&1 4>&2 > "$log" 2>&1

debootstrap --variant=minbase "$suite" "$work" "$mirror"

mountpoint -q "$work/proc" || mount -t proc proc "$work/proc"
mount --rbind /dev "$work/dev"
cp /etc/resolv.conf "$work/etc/resolv.conf"
apt-config dump | grep -iE '^Acquire::(https?::(Proxy|CaInfo|CaPath|Verify)|Check-Valid-Until|Check-Date)' \
  > "$work/etc/apt/apt.conf.d/90machine" || true
mkdir -p "$work/etc/ssl/certs" "$work/usr/local/share/ca-certificates"
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$work/etc/ssl/certs/"
cp -r /usr/local/share/ca-certificates/. "$work/usr/local/share/ca-certificates/" 2> /dev/null || true
ca=$(apt_setting Acquire::https::CaInfo)
[ -z "$ca" ] || install -D "$ca" "$work$ca"

# Services must not start in a chroot; a cache can be made again, so dpkg need not wait for the disk.
printf '#!/bin/sh\nexit 101\n' > "$work/usr/sbin/policy-rc.d"
chmod +x "$work/usr/sbin/policy-rc.d"
echo force-unsafe-io > "$work/etc/dpkg/dpkg.cfg.d/unsafe-io"

in_chroot() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} chroot "$work" "$@"
}
in_chroot apt-get update
in_chroot apt-get install --yes --no-install-recommends asterisk
in_chroot apt-get clean
rm -rf "$work"/var/lib/apt/lists/*

version=$(in_chroot asterisk -V)
case "$version" in
  "Asterisk $release."*) ;;
  *) die "Debian $suite now carries \"$version\", not Asterisk $release" ;;
esac

# Asterisk looks its own name and a root server up for every SDP; without these lines each call waits for a DNS timeout.
echo "127.0.0.1 localhost $(hostname) A.ROOT-SERVERS.NET" > "$work/etc/hosts"
umount -R "$work/dev"
umount "$work/proc"
mkdir -p "$work/srv/rollcall"
echo "$version" > "$work/.rollcall-provisioned"

rm -rf "$root"
mv "$work" "$root"
trap - EXIT
# mktemp makes it 0700, but Asterisk runs as its own user inside.
chmod 0755 "$root"
echo "$root" >&3
