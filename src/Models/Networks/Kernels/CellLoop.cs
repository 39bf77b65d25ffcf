using System.Runtime.CompilerServices;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Kernels;

/// <summary>One step of a recurrent cell for all rows of a batch.</summary>
internal static class CellLoop
{
    /// <summary>Sums become gates; the state after is written.</summary>
    public static void Forward<TCell>(VectorWidth width, in CellStep step)
        where TCell : struct, IRecurrentCell
    {
        switch (width)
        {
            case VectorWidth.Scalar: Forward<TCell, ScalarLane>(width, step); break;
            case VectorWidth.Vector128: Forward<TCell, Lanes4>(width, step); break;
            case VectorWidth.Vector256: Forward<TCell, Lanes8>(width, step); break;
            case VectorWidth.Vector512: Forward<TCell, Lanes16>(width, step); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    /// <summary>Gates become deltas; what is carried goes one step back.</summary>
    public static void Backward<TCell>(VectorWidth width, in CellStep step)
        where TCell : struct, IRecurrentCell
    {
        switch (width)
        {
            case VectorWidth.Scalar: Backward<TCell, ScalarLane>(step); break;
            case VectorWidth.Vector128: Backward<TCell, Lanes4>(step); break;
            case VectorWidth.Vector256: Backward<TCell, Lanes8>(step); break;
            case VectorWidth.Vector512: Backward<TCell, Lanes16>(step); break;
            default: throw VectorWidths.Unknown(width);
        }
    }

    private static void Forward<TCell, T>(VectorWidth width, in CellStep step)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        for (int row = 0; row < step.Rows; row++)
        {
            if (step.IsMasked(row))
            {
                step.SkipForward(row);
                continue;
            }

            TCell.Activate(width, step.GatesOf(row), step.FromStateOf(row));
            ForwardUnits<TCell, T>(step.RowOf(row), 0);
        }
    }

    private static void Backward<TCell, T>(in CellStep step)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        for (int row = 0; row < step.Rows; row++)
        {
            if (step.IsMasked(row))
            {
                step.SkipBackward(row);
                continue;
            }

            BackwardUnits<TCell, T>(step.RowOf(row), 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ForwardUnits<TCell, T>(in CellRow row, nint start)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        nint i = start;
        for (; i <= row.Hidden - T.Count; i += T.Count)
        {
            TCell.Forward<T>(row, i);
        }

        if (i < row.Hidden)
        {
            ForwardUnits<TCell, ScalarLane>(row, i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void BackwardUnits<TCell, T>(in CellRow row, nint start)
        where TCell : struct, IRecurrentCell
        where T : struct, ILanes<T>
    {
        nint i = start;
        for (; i <= row.Hidden - T.Count; i += T.Count)
        {
            TCell.Backward<T>(row, i);
        }

        if (i < row.Hidden)
        {
            BackwardUnits<TCell, ScalarLane>(row, i);
        }
    }
}
