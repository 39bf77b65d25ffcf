namespace DigitalTwin.Models.Numerics;

/// <summary>A matrix that should be symmetric positive definite is not, to working precision.</summary>
public sealed class NotPositiveDefiniteException : ArithmeticException
{
    public NotPositiveDefiniteException()
        : this("The matrix is not positive definite.")
    {
    }

    public NotPositiveDefiniteException(string message)
        : base(message)
    {
    }

    public NotPositiveDefiniteException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
