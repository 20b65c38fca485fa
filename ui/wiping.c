/* What is freed is wiped: readings, names and whole records pass through many hands (rows, JSON, forms, canvases, the
 * libraries' own), and each block they give back is zeroed before anybody else gets it. The lock then finds nothing
 * left but what is still in use, and that is dropped by its owners.
 *
 * Replaces the C library's free and realloc for the whole program, libraries too; the blocks stay the C library's.
 * Linked into the program alone. The checkers bring their own allocator; other C libraries keep theirs. */
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WIPES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WIPES 0
#endif
#endif
#if !defined(WIPES) && defined(__GLIBC__)
#define WIPES 1
#endif

#if defined(WIPES) && WIPES
#include <malloc.h>

/* glibc's own, under the names it exports for this. */
void __libc_free(void *block);
void *__libc_malloc(size_t n);
void *__libc_realloc(void *block, size_t n);

void free(void *block)
{
	if (block == NULL)
		return;
	explicit_bzero(block, malloc_usable_size(block));
	__libc_free(block);
}

/* A block that shrinks stays where it is; one that grows may leave a copy behind, and so is moved here. */
void *realloc(void *block, size_t n)
{
	const size_t before = block != NULL ? malloc_usable_size(block) : 0;
	if (block == NULL)
		return __libc_malloc(n);
	if (n == 0) {
		free(block);
		return NULL;
	}
	if (n <= before) {
		explicit_bzero((char *)block + n, before - n);
		return n > before / 2 ? block : __libc_realloc(block, n);
	}
	void *larger = __libc_malloc(n);
	if (larger == NULL)
		return NULL;
	memcpy(larger, block, before);
	free(block);
	return larger;
}
#endif
