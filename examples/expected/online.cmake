# The same each time, and the exit status says whether the network has learnt.
include(${CMAKE_CURRENT_LIST_DIR}/twice.cmake)
