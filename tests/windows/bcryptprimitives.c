/* For tests under Wine 8 only, which lacks bcryptprimitives.dll: Rust's standard library asks it for random numbers.
 * tests/windows/toolchain.sh builds it; it lies beside the program under test and is in nothing that anybody gets. */
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
