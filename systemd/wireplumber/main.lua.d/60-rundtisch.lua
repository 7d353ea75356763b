-- WirePlumber 0.4 (Debian 12, Raspberry Pi OS Bookworm). The same for 0.5 is in wireplumber.conf.d.
-- Sound only: no cameras. New loudspeakers play as loud as they can; how loud it is in the room, media decides.
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
device_defaults.properties["default-volume"] = 1.0
device_defaults.properties["default-input-volume"] = 1.0
-- A service has no session bus to ask for devices, and nobody to share them with.
alsa_monitor.properties["alsa.reserve"] = false
default_access.properties["enable-flatpak-portal"] = false
