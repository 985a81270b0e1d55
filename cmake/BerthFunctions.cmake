# berth_functions(TARGET LUA): builds the Redis library LUA into TARGET (shared/redis/functions.hpp). Its version is a hash
# of the file, so that binaries of neighbouring versions can share a Redis.
function(berth_functions TARGET LUA)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${LUA})
  file(READ ${LUA} text)
  string(SHA1 hash "${text}")
  string(SUBSTRING ${hash} 0 8 BERTH_FUNCTIONS_VERSION)
  string(CONFIGURE "${text}" BERTH_FUNCTIONS_TEXT @ONLY)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/functions.cpp.in ${CMAKE_BINARY_DIR}/generated/functions.cpp @ONLY)
  target_sources(${TARGET} PRIVATE ${CMAKE_BINARY_DIR}/generated/functions.cpp)
endfunction()
