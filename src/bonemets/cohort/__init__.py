"""Many patients: a source is read and split by patient, and each part is evaluated as a batch.

The reader, the rules of lesions, the selection and the compiled program are those of one patient.
"""
