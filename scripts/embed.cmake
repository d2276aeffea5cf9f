# cmake -DINPUT=FILE -DNAME=c_name -DOUTPUT=FILE.c -P embed.cmake: the bytes of a file as C,
#   const unsigned char c_name[]; const size_t c_name_size;
file(READ "${INPUT}" hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")

file(WRITE "${OUTPUT}" "#include <stddef.h>
extern const unsigned char ${NAME}[];
extern const size_t ${NAME}_size;
const unsigned char ${NAME}[] = {
${bytes}
};
const size_t ${NAME}_size = ${size};
")
