# What is installed, and the Debian package that `cpack` makes of it (`./dev package`).
install(TARGETS berth RUNTIME DESTINATION bin)
install(FILES packaging/berth-scheduler.service packaging/berth-executor.service DESTINATION lib/systemd/system)
install(FILES packaging/berth.sysusers DESTINATION lib/sysusers.d RENAME berth.conf)
install(FILES README.md docs/operations.md docs/redis-layout.md docs/job-lifecycle.md DESTINATION share/doc/berth)
install(PROGRAMS examples/fleet.sh DESTINATION share/doc/berth/examples)
# Absolute, because it isn't below the prefix.
install(FILES packaging/berth.yaml DESTINATION /etc/berth)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME berth)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Berth's developers <berth@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scheduler for container jobs on a fleet of machines")
set(CPACK_PACKAGE_DESCRIPTION "Berth finds a machine for every container job, runs it there in Docker,
 keeps its output and its record, and tells the truth about how it ended.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "docker.io | docker-ce, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server (>= 5:7.0)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/debian/conffiles
    ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
