using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>
/// Lays a matrix out as <see cref="Gemm"/> reads it: panels of two registers, row by row, zeros beyond.
/// </summary>
internal static class GemmPanels
{
    // Columns and rows of a square that is turned in registers.
    private const int TurnedAtOnce = 4;

    /// <summary>Packs B, contiguous in either direction, to [columns / tile][rows][tile].</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Pack<TLanes>(MatrixView b, Span<float> packed)
        where TLanes : struct, ILanes<TLanes>
    {
        // Places stay below the length that the caller has checked.
        unchecked
        {
            int tileColumns = 2 * TLanes.Count;
            for (int j = 0; j < b.Columns; j += tileColumns)
            {
                int columns = Math.Min(tileColumns, b.Columns - j);
                Span<float> panel = packed.Slice(j * b.Rows, b.Rows * tileColumns);
                ref float source = ref Unsafe.Add(ref b.First, (nint)j * b.ColumnStride);
                if (columns < tileColumns)
                {
                    panel.Clear();
                }

                if (b.ColumnStride == 1 && columns == tileColumns)
                {
                    PackWholeRows<TLanes>(ref source, b, ref MemoryMarshal.GetReference(panel));
                }
                else if (b.ColumnStride == 1)
                {
                    PackPartsOfRows(ref source, b, panel, columns, tileColumns);
                }
                else
                {
                    PackColumns(ref source, b, ref MemoryMarshal.GetReference(panel), columns, tileColumns);
                }
            }
        }
    }

    private static void PackWholeRows<TLanes>(ref float source, MatrixView b, ref float panel)
        where TLanes : struct, ILanes<TLanes>
    {
        unchecked
        {
            nint half = TLanes.Count;
            for (nint k = 0; k < b.Rows; k++)
            {
                ref float row = ref Unsafe.Add(ref source, k * b.RowStride);
                TLanes.Load(in row, 0).Store(ref panel, 2 * k * half);
                TLanes.Load(in row, half).Store(ref panel, ((2 * k) + 1) * half);
            }
        }
    }

    private static void PackPartsOfRows(
        ref float source, MatrixView b, Span<float> panel, int columns, int tileColumns)
    {
        unchecked
        {
            for (int k = 0; k < b.Rows; k++)
            {
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, (nint)k * b.RowStride), columns)
                    .CopyTo(panel[(k * tileColumns)..]);
            }
        }
    }

    private static void PackColumns(ref float source, MatrixView b, ref float panel, int columns, int tileColumns)
    {
        unchecked
        {
            int turned = Sse.IsSupported && b.RowStride == 1 ? b.Rows - (b.Rows % TurnedAtOnce) : 0;
            int wide = turned > 0 ? columns - (columns % TurnedAtOnce) : 0;
            for (nint j = 0; j < wide; j += TurnedAtOnce)
            {
                TurnColumns(ref Unsafe.Add(ref source, j * b.ColumnStride), b, turned, ref panel, j, tileColumns);
            }

            for (nint j = 0; j < columns; j++)
            {
                ref float column = ref Unsafe.Add(ref source, j * b.ColumnStride);
                for (nint k = j < wide ? turned : 0; k < b.Rows; k++)
                {
                    Unsafe.Add(ref panel, (k * tileColumns) + j) = Unsafe.Add(ref column, k * b.RowStride);
                }
            }
        }
    }

    // Four columns in squares of 4 x 4: a load and a store per four floats instead of one each.
    private static void TurnColumns(
        ref float source, MatrixView b, int rows, ref float panel, nint column, int tileColumns)
    {
        unchecked
        {
            ref float second = ref Unsafe.Add(ref source, b.ColumnStride);
            ref float third = ref Unsafe.Add(ref second, b.ColumnStride);
            ref float fourth = ref Unsafe.Add(ref third, b.ColumnStride);
            for (nint k = 0; k < rows; k += TurnedAtOnce)
            {
                Vector128<float> r0 = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, k));
                Vector128<float> r1 = Vector128.LoadUnsafe(ref Unsafe.Add(ref second, k));
                Vector128<float> r2 = Vector128.LoadUnsafe(ref Unsafe.Add(ref third, k));
                Vector128<float> r3 = Vector128.LoadUnsafe(ref Unsafe.Add(ref fourth, k));
                Vector128<float> low01 = Sse.UnpackLow(r0, r1);
                Vector128<float> low23 = Sse.UnpackLow(r2, r3);
                Vector128<float> high01 = Sse.UnpackHigh(r0, r1);
                Vector128<float> high23 = Sse.UnpackHigh(r2, r3);
                ref float target = ref Unsafe.Add(ref panel, (k * tileColumns) + column);
                Sse.MoveLowToHigh(low01, low23).StoreUnsafe(ref target);
                Sse.MoveHighToLow(low23, low01).StoreUnsafe(ref Unsafe.Add(ref target, tileColumns));
                Sse.MoveLowToHigh(high01, high23).StoreUnsafe(ref Unsafe.Add(ref target, 2 * tileColumns));
                Sse.MoveHighToLow(high23, high01).StoreUnsafe(ref Unsafe.Add(ref target, 3 * tileColumns));
            }
        }
    }
}
