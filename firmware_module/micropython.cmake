# Adds Inkling to a MicroPython build by CMake: -DUSER_C_MODULES=<this file>, as micropython.mk does for make.
# -DINKLING_WITHOUT="<switches of ink_options.h>" leaves out what these are for: a list, such as "INK_AUDIO;INK_RECURRENT".
# -DCMSIS_NN=<prefix> takes the ink_nn_* kernels from Arm's library (include/, lib/libcmsis-nn.a) instead of ours.

set(INKLING_DIR ${CMAKE_CURRENT_LIST_DIR})
file(GLOB INKLING_KERNELS CONFIGURE_DEPENDS ${INKLING_DIR}/kernels/*.c ${INKLING_DIR}/kernels/*/*.c)
file(GLOB INKLING_REST CONFIGURE_DEPENDS
    ${INKLING_DIR}/module/*.c ${INKLING_DIR}/runtime/*.c ${INKLING_DIR}/runtime/*/*.c ${INKLING_DIR}/audio/*.c)

add_library(usermod_inkling INTERFACE)
target_include_directories(usermod_inkling INTERFACE ${INKLING_DIR} ${INKLING_DIR}/runtime)

foreach(switch ${INKLING_WITHOUT})
    target_compile_definitions(usermod_inkling INTERFACE ${switch}=0)
endforeach()

if(CMSIS_NN)
    find_file(INKLING_CMSIS_NN libcmsis-nn.a PATHS ${CMSIS_NN}/lib ${CMSIS_NN}
        NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH NO_CACHE)
    if(NOT INKLING_CMSIS_NN)
        message(FATAL_ERROR "CMSIS_NN='${CMSIS_NN}' has neither lib/libcmsis-nn.a nor libcmsis-nn.a")
    endif()
    target_compile_definitions(usermod_inkling INTERFACE INK_CMSIS_NN)
    target_include_directories(usermod_inkling INTERFACE ${CMSIS_NN}/include)
    target_link_libraries(usermod_inkling INTERFACE ${INKLING_CMSIS_NN})
    list(FILTER INKLING_KERNELS EXCLUDE REGEX "/ink_nn_[^/]*$")
endif()

target_sources(usermod_inkling INTERFACE ${INKLING_KERNELS} ${INKLING_REST})
target_link_libraries(usermod INTERFACE usermod_inkling)

# the flags for speed: kernels, then what optimization.mk lists by name
set_source_files_properties(${INKLING_KERNELS} PROPERTIES COMPILE_OPTIONS -O2)
file(READ ${INKLING_DIR}/optimization.mk INKLING_LISTS)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${INKLING_DIR}/optimization.mk)
string(REPLACE "\\\n" " " INKLING_LISTS "${INKLING_LISTS}")
function(inkling_optimize list folder option)
    string(REGEX MATCH "${list} := ([^\n]*)" _ "${INKLING_LISTS}")
    separate_arguments(names UNIX_COMMAND "${CMAKE_MATCH_1}")
    list(TRANSFORM names REPLACE "(.+)" "${INKLING_DIR}/${folder}\\1.c")
    set_source_files_properties(${names} PROPERTIES COMPILE_OPTIONS ${option})
endfunction()
inkling_optimize(INKLING_FAST "" -O3)
inkling_optimize(INKLING_QUICK "" -O2)
inkling_optimize(INKLING_SMALL kernels/ -Os)
