# Distributed under the Boost Software License, Version 1.0. See LICENSE.
execute_process(COMMAND "${program}" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
file(READ "${expected}" wanted)
string(STRIP "${printed}" printed)
string(STRIP "${wanted}" wanted)
if(NOT printed STREQUAL wanted)
  message(FATAL_ERROR "printed:\n${printed}\nthe README says:\n${wanted}")
endif()
