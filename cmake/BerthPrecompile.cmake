# berth_precompile(TARGET SET): compiles TARGET with the precompiled headers of a set: `pure`, `io` or `test`. Each set is
# built once. Sources include what they use all the same: `./dev lint` reads them without any of this.
set(BERTH_HEADERS_pure
    <algorithm> <array> <charconv> <chrono> <compare> <cstdint> <deque> <functional> <map> <memory> <optional> <set>
    <span> <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector> <boost/system/result.hpp>)
set(BERTH_HEADERS_io
    ${BERTH_HEADERS_pure}
    <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/buffer.hpp>
    <boost/asio/co_spawn.hpp> <boost/asio/experimental/awaitable_operators.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/local/stream_protocol.hpp> <boost/asio/read.hpp> <boost/asio/steady_timer.hpp>
    <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp> <boost/asio/write.hpp>
    <boost/json/array.hpp> <boost/json/object.hpp> <boost/json/serialize.hpp> <boost/json/value.hpp> <spdlog/spdlog.h>)
set(BERTH_HEADERS_test ${BERTH_HEADERS_io} <gmock/gmock.h> <gtest/gtest.h>)

find_program(CCACHE ccache)
if(CCACHE)
  # What ccache needs to be told before it trusts a precompiled header: that it may compare the header's contents.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()

# gcc takes a precompiled header only where all macros are defined that it was built with: so each set is built by a target
# of its own that knows no more than the headers need, and its users must know that, too.
set(BERTH_KNOWN_io spdlog::spdlog Boost::json)
set(BERTH_KNOWN_test ${BERTH_KNOWN_io} GTest::gmock)

function(berth_precompile TARGET SET)
  set(owner berth_headers_${SET})
  if(NOT TARGET ${owner})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${owner}.cpp CONTENT "")
    add_library(${owner} OBJECT ${CMAKE_BINARY_DIR}/${owner}.cpp)
    target_link_libraries(${owner} PRIVATE ${BERTH_KNOWN_${SET}} berth_options)
    target_precompile_headers(${owner} PRIVATE ${BERTH_HEADERS_${SET}})
  endif()
  target_precompile_headers(${TARGET} REUSE_FROM ${owner})
endfunction()
