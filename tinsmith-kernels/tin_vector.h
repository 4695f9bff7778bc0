#error "copy runtime/tin_vector.h here"
